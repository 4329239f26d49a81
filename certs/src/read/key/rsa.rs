//! RSA keys, PKCS#1 of RFC 8017.

use num_bigint_dig::BigUint;
use zeroize::Zeroizing;

use super::normalised;
use crate::ber::{Element, malformed};
use crate::der;
use crate::der::{NULL, OID, SEQUENCE};
use crate::oid;
use crate::{KeyKind, PrivateKey, Unreadable};

const WHAT: &str = "RSA key";
/// Greater ones are refused before any arithmetic; the greatest in use have half of it.
const MAX_BITS: usize = 16_384;
/// n, e, d, p, q, d mod (p-1), d mod (q-1), q^-1 mod p
const NUMBERS: usize = 8;

/// `RSAPrivateKey`, its numbers checked against one another: damage to any of them is found without a prime test.
pub(super) fn key(element: &Element<'_>) -> Result<PrivateKey, Unreadable> {
    let mut parts = element.children_of(SEQUENCE)?;
    match parts.next()?.number()? {
        0 => {}
        1 => return Err(Unreadable::Unsupported { what: WHAT, algorithm: "more than two primes".to_owned() }),
        version => return Err(malformed(WHAT, format!("its version is {version}"))),
    }
    let mut digits: [&[u8]; NUMBERS] = [&[]; NUMBERS];
    for number in &mut digits {
        *number = parts.next()?.magnitude()?;
        if number.len() > MAX_BITS / 8 {
            return Err(malformed(WHAT, format!("a number of more than {MAX_BITS} bits")));
        }
    }
    let numbers = digits.map(|digits| Zeroizing::new(BigUint::from_bytes_be(digits)));
    check(&numbers).map_err(|detail| malformed(WHAT, detail))?;

    let fields = digits.map(der::number);
    let zero = der::number(&[]);
    let mut all: Vec<&[u8]> = vec![&zero];
    all.extend(fields.iter().map(|field| field.as_slice()));
    let private = der::element(SEQUENCE, &all);
    let public = der::element(SEQUENCE, &[&fields[0], &fields[1]]).to_vec();
    let algorithm: [&[u8]; 2] = [&der::element(OID, &[oid::RSA]), NULL];
    Ok(normalised(KeyKind::Rsa { bits: numbers[0].bits() }, &algorithm, &private, public))
}

fn check(numbers: &[Zeroizing<BigUint>; NUMBERS]) -> Result<(), &'static str> {
    let [n, e, d, p, q, dp, dq, qinv] = numbers;
    let one = BigUint::from(1_u8);
    if **p <= one || **q <= one || **e <= one || **d <= one {
        return Err("one of its numbers is 0 or 1");
    }
    if &**p * &**q != **n {
        return Err("its modulus is not the product of its primes");
    }
    for (prime, exponent) in [(p, dp), (q, dq)] {
        let order = Zeroizing::new(&**prime - &one);
        // With a prime of 2 the order is 1, and everything is 0 modulo 1.
        let unit = &one % &*order;
        if &**d % &*order != **exponent || (&**e * &**exponent) % &*order != unit {
            return Err("its exponents do not fit one another");
        }
    }
    if (&**qinv * &**q) % &**p != one {
        return Err("its coefficient does not fit its primes");
    }
    Ok(())
}
