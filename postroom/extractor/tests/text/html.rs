//! Plain text of HTML.

use postroom_extractor::text::html::{meta_code_page, to_plain};

#[test]
fn blocks_begin_lines_and_blanks_collapse() {
    let html = "<html><head><title>t</title><style>p{}</style></head><body>\r\n <p>One  <b>two</b>\n three</p>\
                <div>four<br>five</div>six<script>if (a<b) x()</script></body></html>";
    assert_eq!(to_plain(html), "One two three\n\nfour\nfive\nsix");
}

#[test]
fn cells_are_apart_by_tabs_and_rows_by_lines() {
    let html = "<table><tr><td><p>a</p></td><td> <p>b</p></td></tr>\n<tr><th>c</th><td></td><td>d</td></tr></table>e";
    assert_eq!(to_plain(html), "a\tb\nc\t\td\n\ne");
    let html = "x<table><tr><td></td><td>a</td></tr><tr><td><table><tr><td>b</table></table>";
    assert_eq!(to_plain(html), "x\n\n\ta\n\nb");
}

#[test]
fn preformatted_text_keeps_its_blanks() {
    assert_eq!(
        to_plain("a<pre>\n x  y\n\tz</pre>b"),
        "a\n\n x  y\n\tz\n\nb"
    );
}

#[test]
fn references_are_decoded_as_browsers_do() {
    let html = "&lt;a&gt; &amp;amp; &eacute;&Eacute &#8364;&#x20AC;&#150; &nosuch; &#0; &#xD800; &notit; AT&T &";
    let plain = "<a> &amp; éÉ €€– &nosuch; \u{fffd} \u{fffd} ¬it; AT&T &";
    assert_eq!(to_plain(html), plain);
}

#[test]
fn what_is_no_markup_is_text() {
    assert_eq!(to_plain("a < b, c <3 d<e"), "a < b, c <3 d<e");
    assert_eq!(
        to_plain("x<!-- <p>no</p> -->y<![if !mso]>z<![endif]>"),
        "xyz"
    );
    assert_eq!(to_plain("<a title=\"a > b\">x</a>"), "x");
    assert_eq!(to_plain("<a href=\"lost>kept</a> too"), "kept too");
}

#[test]
fn a_page_names_its_code_page() {
    let named = |html: &str| meta_code_page(html.as_bytes());
    assert_eq!(named("<meta charset=utf-8>"), Some(65001));
    let old = "<META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html; charset=ISO-2022-JP\">";
    assert_eq!(named(old), Some(50220));
    assert_eq!(named("<meta charset='iso-8859-1'>"), Some(1252));
    assert_eq!(named("<meta charset=windows-1251>"), Some(1251));
    assert_eq!(named("<meta charset=\"cp850\">"), Some(850));
    assert_eq!(
        named("<meta charset=\"nonsense\"><meta charset=koi8-r>"),
        Some(20866)
    );
    assert_eq!(named("<!-- <meta charset=utf-8> --><p>"), None);
    assert_eq!(meta_code_page(b"\xff\xfe<\0"), Some(1200));
    let late = format!("{}<meta charset=utf-8>", " ".repeat(4096));
    assert_eq!(named(&late), None);
}
