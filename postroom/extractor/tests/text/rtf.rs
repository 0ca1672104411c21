//! Plain text of RTF.

use postroom_extractor::text::rtf::to_plain;

fn plain(rtf: &str) -> String {
    let decoded = to_plain(rtf.as_bytes());
    assert!(!decoded.lossy, "{rtf}");
    decoded.text
}

#[test]
fn destinations_that_are_no_text_are_left_out() {
    let rtf = r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\stylesheet{\s0 Normal;}}{\info{\author Ann}}
{\*\generator Riched20;}{\*\unknown x}\pard Hello{\b  bold}\par two\tab 2\line{\pict 89504e}end\par}";
    assert_eq!(plain(rtf), "Hello bold\ntwo\t2\nend");
}

#[test]
fn fonts_tell_the_code_page() {
    let rtf = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset204 A;}{\f1\fcharset128 B;}{\f2\fcharset0 C;}}
\'cf\f1\'93\'fa\'96{\'7b}\'83A \f2\'e9}";
    assert_eq!(plain(rtf), "П日本ア é");
}

#[test]
fn unicode_skips_what_says_it_again() {
    assert_eq!(
        plain(r"{\rtf1 a\u8364?b\uc2\u8364\'80\'80c\uc0\u8364 d}"),
        "a€b€c€d"
    );
    assert_eq!(plain(r"{\rtf1 \u-10179?\u-8704?!}"), "\u{1f600}!");
    assert_eq!(
        plain(r"{\rtf1 {\uc0\u8364}\u8364 ?x\u8211\endash y\u8364\par z}"),
        "€€x–y€\nz"
    );
    assert!(to_plain(br"{\rtf1 \u-10179?x}").lossy);
}

#[test]
fn binary_data_may_hold_braces() {
    assert_eq!(plain("{\\rtf1 a{\\pict\\bin5 }}}{{}b\\bin3 }}}c}"), "abc");
}

#[test]
fn html_in_rtf_is_taken_out() {
    let rtf = r"{\rtf1\ansi\ansicpg1251\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0
One{\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 \'cf{\*\htmltag72 </p>}\htmlrtf\par}\htmlrtf0
{\*\htmltag116 <br>}{\*\mhtmltag4 <a href=x>}two{\*\htmltag84 &lt;}\htmlrtf <\htmlrtf0 }";
    assert_eq!(plain(rtf), "One\u{a0}П\n\n\ntwo<");
}

#[test]
fn text_in_rtf_is_taken_out() {
    assert_eq!(
        plain(r"{\rtf1\ansi\fromtext{\fonttbl{\f0 A;}}\f0 one\par \par two\{\}\\\par}"),
        "one\n\ntwo{}\\"
    );
}

#[test]
fn the_result_of_an_object_is_text_and_unicode_is_said_once() {
    assert_eq!(
        plain(r"{\rtf1 {\object{\*\objdata 00}{\result shown}} {\upr{ansi}{\*\ud{uni}}}}"),
        "shown uni"
    );
}

#[test]
fn cells_are_apart_by_tabs_and_rows_by_lines() {
    assert_eq!(
        plain(r"{\rtf1\trowd\intbl a\cell b\cell\row\trowd c\cell\cell\row d}"),
        "a\tb\nc\t\nd"
    );
}

#[test]
fn rows_of_tables_in_tables_end_lines() {
    let rtf = r"{\rtf1 a\nestcell b\nestcell{\*\nesttableprops\trowd\nestrow}{\nonesttables\par}c\cell\row{\pict\row}d}";
    assert_eq!(plain(rtf), "a\tb\nc\nd");
}

#[test]
fn text_in_drawings_is_text() {
    let rtf = r"{\rtf1 a {\shp{\*\shpinst\shpleft0{\sp{\sn x}{\sv 1}}{\shptxt boxed}}{\shprslt boxed}} b}";
    assert_eq!(plain(rtf), "a boxed b");
    assert_eq!(plain(r"{\rtf1 {\*\do\dobxpage{\dptxbxtext old}}}"), "old");
}
