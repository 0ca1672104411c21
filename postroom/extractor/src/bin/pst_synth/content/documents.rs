//! Attachments that open in their programs: DOCX, PDF, PNG, text.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::prose;
use super::random::Random;
use super::scripts::Script;
use super::zip::Zip;
use crate::error::Result;
use crate::file::crc::common;

/// A file to attach.
#[derive(Clone, Debug)]
pub struct Document {
    pub extension: &'static str,
    pub mime_type: &'static str,
    pub bytes: Vec<u8>,
}

/// A Word document of `length` bytes of text.
pub fn docx(random: &mut Random, script: &Script, length: usize) -> Result<Document> {
    let mut body = String::new();
    for line in prose::paragraphs(random, script, length, "\n")
        .lines()
        .filter(|line| !line.is_empty())
    {
        body.push_str("<w:p><w:r><w:t>");
        body.push_str(&escaped(line));
        body.push_str("</w:t></w:r></w:p>");
    }
    let document =
        format!("{XML}<w:document xmlns:w=\"{WORD}\"><w:body>{body}</w:body></w:document>");
    let mut zip = Zip::default();
    zip.add("[Content_Types].xml", CONTENT_TYPES.as_bytes())?;
    zip.add("_rels/.rels", RELATIONS.as_bytes())?;
    zip.add("word/document.xml", document.as_bytes())?;
    Ok(Document {
        extension: "docx",
        mime_type: DOCX,
        bytes: zip.finish(),
    })
}

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const CONTENT_TYPES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
const RELATIONS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A PDF of one page of text and, to reach `length` bytes, a scanned picture beside it.
pub fn pdf(random: &mut Random, length: usize) -> Document {
    let text = prose::paragraphs(random, super::scripts::english(), 1500, "\n");
    let mut page = String::from("BT /F1 10 Tf 50 800 Td 14 TL\n");
    for line in text.lines().flat_map(wrapped) {
        page.push_str(&format!("({line}) Tj T*\n"));
    }
    page.push_str("ET\n");
    let side = picture_side(length.saturating_sub(page.len() + 900));
    let mut picture = vec![0; side * side];
    random.fill(&mut picture);
    let objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> /XObject << /Im1 6 0 R >> >> >>".to_vec(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
        stream("", page.as_bytes()),
        stream(&format!("/Type /XObject /Subtype /Image /Width {side} /Height {side} /ColorSpace /DeviceGray /BitsPerComponent 8 "), &picture),
    ];
    Document {
        extension: "pdf",
        mime_type: "application/pdf",
        bytes: assemble(&objects),
    }
}

fn picture_side(area: usize) -> usize {
    (area as f64).sqrt().max(1.0) as usize
}

/// Pieces of a line that fit on the page, with what PDF strings must escape taken out.
fn wrapped(line: &str) -> Vec<String> {
    let clean: Vec<char> = line
        .chars()
        .filter(|c| c.is_ascii() && !"()\\".contains(*c))
        .collect();
    clean
        .chunks(95)
        .map(|piece| piece.iter().collect())
        .collect()
}

fn stream(entries: &str, content: &[u8]) -> Vec<u8> {
    let mut out = format!("<< {entries}/Length {} >>\nstream\n", content.len()).into_bytes();
    out.extend_from_slice(content);
    out.extend_from_slice(b"\nendstream");
    out
}

fn assemble(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let table = out.len();
    out.extend_from_slice(
        format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).as_bytes(),
    );
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let trailer = format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    );
    out.extend_from_slice(trailer.as_bytes());
    out
}

/// A PNG of coloured bars, `width` by `height` pixels.
pub fn png(random: &mut Random, width: u32, height: u32) -> Result<Document> {
    let colours: [[u8; 3]; 8] = std::array::from_fn(|_| random.bytes());
    let mut pixels = Vec::new();
    for y in 0..height {
        pixels.push(0);
        for x in 0..width {
            let bar = (x * 8 / width.max(1)) as usize;
            let is_filled = (y * 8 / height.max(1)) as usize >= usize::from(colours[bar][0] % 8);
            pixels.extend_from_slice(if is_filled { &colours[bar] } else { &[255; 3] });
        }
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(&pixels)?;
    let mut head = Vec::new();
    head.extend_from_slice(&width.to_be_bytes());
    head.extend_from_slice(&height.to_be_bytes());
    head.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
    for (kind, data) in [
        (b"IHDR", head),
        (b"IDAT", encoder.finish()?),
        (b"IEND", Vec::new()),
    ] {
        png_chunk(&mut bytes, kind, &data);
    }
    Ok(Document {
        extension: "png",
        mime_type: "image/png",
        bytes,
    })
}

fn png_chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let from = out.len();
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    let crc = common(&out[from..]);
    out.extend_from_slice(&crc.to_be_bytes());
}

/// A text file of about `length` bytes.
pub fn text(random: &mut Random, script: &Script, length: usize) -> Document {
    let bytes = prose::paragraphs(random, script, length, "\r\n").into_bytes();
    Document {
        extension: "txt",
        mime_type: "text/plain",
        bytes,
    }
}

/// A table of figures of about `length` bytes.
pub fn csv(random: &mut Random, length: usize) -> Document {
    Document {
        extension: "csv",
        mime_type: "text/csv",
        bytes: prose::figures(random, length).into_bytes(),
    }
}
