//! Tensors as little-endian bytes; texts each with their length in four bytes before them.

use std::borrow::Cow;

use super::Kind;
use crate::read::given::Given;

/// Reads `count` values, which take all of `bytes`.
pub(super) fn read(kind: Kind, bytes: &[u8], count: usize) -> Result<Vec<Given<'_>>, String> {
    let Some(size) = kind.size() else { return texts(bytes, count) };
    if Some(bytes.len()) != count.checked_mul(size) {
        return Err(format!("{} bytes are not {count} values of {size}", bytes.len()));
    }
    Ok(bytes.chunks_exact(size).map(|bytes| Given::Number(number(kind, bytes))).collect())
}

fn number(kind: Kind, bytes: &[u8]) -> f64 {
    let wide = |fill: u8| {
        let mut wide = [fill; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        wide
    };
    match kind {
        Kind::Fp32 => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).into(),
        Kind::Fp64 => f64::from_le_bytes(wide(0)),
        Kind::Int(_) => {
            let negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
            i64::from_le_bytes(wide(if negative { 0xff } else { 0 })) as f64
        }
        Kind::Uint(_) | Kind::Bool | Kind::Bytes => u64::from_le_bytes(wide(0)) as f64,
    }
}

fn texts(mut bytes: &[u8], count: usize) -> Result<Vec<Given<'_>>, String> {
    let mut texts = Vec::with_capacity(count.min(bytes.len() / 4));
    for at in 0..count {
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
            return Err(format!("the bytes end before text {at}"));
        };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let Some((text, rest)) = rest.split_at_checked(length) else {
            return Err(format!("text {at} has {length} bytes, {} are left", rest.len()));
        };
        let text = std::str::from_utf8(text).map_err(|_| format!("text {at} is not UTF-8"))?;
        texts.push(Given::Text(Cow::Borrowed(text)));
        bytes = rest;
    }
    if bytes.is_empty() {
        Ok(texts)
    } else {
        Err(format!("{} bytes are left behind text {count}", bytes.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_their_sign_and_size() {
        let read = |kind, bytes: &'static [u8]| read(kind, bytes, 1).unwrap().remove(0);
        assert_eq!(read(Kind::Int(1), &[0xff]), Given::Number(-1.0));
        assert_eq!(read(Kind::Uint(1), &[0xff]), Given::Number(255.0));
        assert_eq!(read(Kind::Int(2), &[0xfe, 0xff]), Given::Number(-2.0));
        assert_eq!(read(Kind::Int(8), &[7, 0, 0, 0, 0, 0, 0, 0]), Given::Number(7.0));
        assert_eq!(read(Kind::Bool, &[1]), Given::Number(1.0));
    }

    #[test]
    fn lengths_that_do_not_fit_are_named() {
        assert!(read(Kind::Fp64, &[0; 7], 1).unwrap_err().contains("7 bytes"));
        let texts = b"\x01\0\0\0L\x02\0\0\0\xc3\xa9";
        let good = [Given::Text("L".into()), Given::Text("é".into())];
        assert_eq!(read(Kind::Bytes, texts, 2).unwrap(), good);
        assert!(read(Kind::Bytes, texts, 1).unwrap_err().contains("6 bytes are left"));
        assert!(read(Kind::Bytes, texts, 3).unwrap_err().contains("before text 2"));
        assert!(read(Kind::Bytes, &[0xff; 4], 1).unwrap_err().contains("text 0"));
        assert!(read(Kind::Bytes, b"\x01\0\0\0\xff", 1).unwrap_err().contains("UTF-8"));
    }
}
