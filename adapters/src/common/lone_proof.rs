//! `lone_invalid_token`: what an invalid device token proves that was alone in its call, for Mi, Huawei and Meizu.
//!
//! They say the same of a dead device token and of one that belongs to another app than the credential. One that was
//! accepted beside it tells the two apart; where calls have one target only, the operator has to know.

use model::TokenProof;

/// The proof of that word; without one, the careful one.
pub(crate) fn parse(word: Option<&str>) -> Result<TokenProof, &'static str> {
    match word {
        None | Some("foreign") => Ok(TokenProof::Foreign),
        Some("dead") => Ok(TokenProof::Dead { since: None }),
        Some(_) => Err("must be one of foreign, dead"),
    }
}
