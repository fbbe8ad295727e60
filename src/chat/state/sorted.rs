//! Encodes hash maps and hash sets in the order of their keys, as lists, so that equal states have equal bytes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// For a map, as a list of pairs. (A key in JSON would have to be a text.)
pub mod map {
    use super::*;

    pub fn serialize<'m, M, K, V, S>(map: &'m M, serializer: S) -> Result<S::Ok, S::Error>
    where
        &'m M: IntoIterator<Item = (&'m K, &'m V)>,
        K: Ord + Serialize + 'm,
        V: Serialize + 'm,
        S: Serializer,
    {
        let mut pairs: Vec<(&K, &V)> = map.into_iter().collect();
        pairs.sort_unstable_by(|one, other| one.0.cmp(other.0));
        serializer.collect_seq(pairs)
    }

    pub use super::deserialize;
}

/// For a set.
pub mod set {
    use super::*;

    pub fn serialize<'m, M, K, S>(set: &'m M, serializer: S) -> Result<S::Ok, S::Error>
    where
        &'m M: IntoIterator<Item = &'m K>,
        K: Ord + Serialize + 'm,
        S: Serializer,
    {
        let mut members: Vec<&K> = set.into_iter().collect();
        members.sort_unstable();
        serializer.collect_seq(members)
    }

    pub use super::deserialize;
}

/// Decodes what either of them has encoded.
pub fn deserialize<'de, M, D>(deserializer: D) -> Result<M, D::Error>
where
    M: IntoIterator + FromIterator<M::Item>,
    M::Item: DeserializeOwned,
    D: Deserializer<'de>,
{
    let items = Vec::<M::Item>::deserialize(deserializer)?;
    Ok(items.into_iter().collect())
}
