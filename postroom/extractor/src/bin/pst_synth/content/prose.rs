//! Sentences, paragraphs and lines of figures that compress as real ones do.

use super::random::Random;
use super::scripts::Script;

/// A sentence of 4 to 15 words.
pub fn sentence(random: &mut Random, script: &Script) -> String {
    let mut out = String::new();
    for index in 0..4 + random.below(12) {
        if index > 0 {
            out.push(' ');
        }
        out.push_str(random.pick_early::<&str>(script.words));
    }
    out.push('.');
    capitalised(&out)
}

/// A few words without a full stop, for a subject or the name of a file.
pub fn title(random: &mut Random, script: &Script) -> String {
    let words: Vec<&str> = (0..2 + random.below(4))
        .map(|_| *random.pick(script.words))
        .collect();
    capitalised(&words.join(" "))
}

/// Paragraphs of about `length` bytes, with `line_end` between them.
pub fn paragraphs(random: &mut Random, script: &Script, length: usize, line_end: &str) -> String {
    let mut out = String::with_capacity(length + 128);
    while out.len() < length {
        for _ in 0..1 + random.below(5) {
            out.push_str(&sentence(random, script));
            out.push(' ');
        }
        if random.chance(25) {
            out.push_str(&format!(
                "Ref {:05}: {}.{:02} EUR",
                random.below(100_000),
                random.below(90_000),
                random.below(100)
            ));
        }
        out.push_str(line_end);
        out.push_str(line_end);
    }
    out
}

/// A table of figures of about `length` bytes, as a CSV file.
pub fn figures(random: &mut Random, length: usize) -> String {
    let mut out = String::from("item,description,quantity,unit price,total\r\n");
    let mut item = 1;
    while out.len() < length {
        let (quantity, price) = (1 + random.below(400), 100 + random.below(90_000));
        let what = title(random, super::scripts::english());
        let cents = quantity * price;
        out.push_str(&format!(
            "{item},{what},{quantity},{}.{:02},{}.{:02}\r\n",
            price / 100,
            price % 100,
            cents / 100,
            cents % 100
        ));
        item += 1;
    }
    out
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
