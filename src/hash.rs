//! SHA-256 (FIPS 180-4) of a whole message, around the rounds of `sha2`. Its `Digest` takes a message in pieces, and the
//! code for that is longer than all of this; nothing that is hashed here is long.

use sha2::block_api::compress256;

pub(crate) type Hash = [u8; 32];

/// The hash of the parts one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut message = parts.concat();
    let mut bits = (message.len() as u64).wrapping_mul(8);
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    // the highest byte first
    for _ in 0..8 {
        bits = bits.rotate_left(8);
        message.push(bits as u8);
    }
    // the first 32 bits of the fractional parts of the square roots of the first eight primes
    let mut state =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
    compress256(&mut state, message.as_chunks().0);
    let mut hash = [0; 32];
    for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = u32::to_be_bytes(word);
    }
    hash
}

/// The first eight bytes of a hash, where that is enough to tell a few things apart.
pub(crate) fn short(hash: &Hash) -> [u8; 8] {
    hash.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::hex;
    use sha2::{Digest, Sha256};

    #[test]
    fn matches_the_vectors_of_its_standard() {
        let cases: [(&[&[u8]], &str); 3] = [
            (&[], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (&[b"a", b"", b"bc"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                &[b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"],
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
        ];
        for (parts, hash) in cases {
            assert_eq!(hex(&sha256(parts)), hash);
        }
    }

    #[test]
    fn agrees_with_sha2_whatever_the_length() {
        let bytes: Vec<u8> = (0..=255).collect();
        for length in 0..bytes.len() {
            assert_eq!(sha256(&[&bytes[..length]]), <[u8; 32]>::from(Sha256::digest(&bytes[..length])), "{length}");
        }
    }
}
