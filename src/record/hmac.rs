//! HMAC-SHA256 (RFC 2104) and HKDF-SHA256 (RFC 5869) over the hash that is here anyway. Pure.

use crate::hash::{Hash, sha256};

const BLOCK_BYTES: usize = 64;

/// The code of a message under a key of at most one block.
pub(super) fn hmac(key: &[u8], message: &[u8]) -> Hash {
    debug_assert!(key.len() <= BLOCK_BYTES, "a longer key would have to be hashed first");
    let mut block = [0x36; BLOCK_BYTES];
    block.iter_mut().zip(key).for_each(|(pad, byte)| *pad ^= byte);
    let inner = sha256(&[&block, message]);
    block.iter_mut().for_each(|pad| *pad ^= 0x36 ^ 0x5c);
    sha256(&[&block, &inner])
}

/// Two blocks of key material from a secret, the most that anything here needs.
pub(super) fn hkdf(salt: &[u8], secret: &[u8], info: &[u8]) -> [Hash; 2] {
    let key = hmac(salt, secret);
    let first = hmac(&key, &[info, &[1]].concat());
    let second = hmac(&key, &[&first, info, &[2]].concat());
    [first, second]
}

/// Whether two codes are the same, in a time that does not depend on where they differ.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::hex;

    /// RFC 4231, cases 1 to 4.
    #[test]
    fn hmac_matches_its_vectors() {
        let up_to_25: Vec<u8> = (1..=25).collect();
        let cases: [(&[u8], &[u8], &str); 4] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (&up_to_25, &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        ];
        for (key, data, code) in cases {
            assert_eq!(hex(&hmac(key, data)), code);
        }
    }

    /// RFC 5869, test case 1; its 42 bytes are a block and ten bytes of the next.
    #[test]
    fn hkdf_matches_its_vector() {
        let salt: Vec<u8> = (0..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
        let out = hkdf(&salt, &[0x0b; 22], &info).concat();
        assert_eq!(hex(&out[..42]), expected);
    }

    #[test]
    fn one_bit_is_a_difference() {
        assert!(same(&[1, 2], &[1, 2]) && !same(&[1, 2], &[1, 3]) && !same(&[1], &[1, 2]));
    }
}
