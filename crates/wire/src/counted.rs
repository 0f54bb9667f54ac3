//! Arrays that are counted while they are read: one that has more than it may is given up there, however much of it follows.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{cell::Cell, fmt, marker::PhantomData};

/// Why a message with a counted array was not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// The array has more than it may.
    #[error("more than {max} of {field}")]
    TooMany {
        /// The field with the array.
        field: &'static str,
        /// Most elements.
        max: usize,
    },
    /// It is not the expected message.
    #[error("not the expected message")]
    Json(#[from] serde_json::Error),
}

/// A message with one array that is counted while it is read, and one field beside it.
pub(crate) struct Counted<A, T> {
    /// Name and value of the field beside it.
    pub(crate) beside: A,
    /// The elements.
    pub(crate) elements: Vec<T>,
}

/// Reads one: `fields` are the names of the field beside the array, and of the array. Others are passed over.
pub(crate) fn read<'b, A: Deserialize<'b>, T: Deserialize<'b>>(
    bytes: &'b [u8],
    fields: [&'static str; 2],
    max: usize,
) -> Result<Counted<A, T>, Unread> {
    let over = Cell::new(false);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let seed = Message { fields, max, over: &over, marker: PhantomData };
    let read = seed.deserialize(&mut json).and_then(|message| json.end().map(|()| message));
    read.map_err(|error| if over.get() { Unread::TooMany { field: fields[1], max } } else { error.into() })
}

struct Message<'o, A, T> {
    fields: [&'static str; 2],
    max: usize,
    over: &'o Cell<bool>,
    marker: PhantomData<(A, T)>,
}

impl<'de, A: Deserialize<'de>, T: Deserialize<'de>> DeserializeSeed<'de> for Message<'_, A, T> {
    type Value = Counted<A, T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, A: Deserialize<'de>, T: Deserialize<'de>> Visitor<'de> for Message<'_, A, T> {
    type Value = Counted<A, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let [name, array] = self.fields;
        let (mut beside, mut elements) = (None, None);
        while let Some(field) = map.next_key::<String>()? {
            if field == name && beside.is_none() {
                beside = Some(map.next_value()?);
            } else if field == array && elements.is_none() {
                elements =
                    Some(map.next_value_seed(Elements { max: self.max, over: self.over, marker: PhantomData })?);
            } else if field == name || field == array {
                return Err(M::Error::custom("a field twice"));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Counted {
            beside: beside.ok_or_else(|| M::Error::missing_field(name))?,
            elements: elements.ok_or_else(|| M::Error::missing_field(array))?,
        })
    }
}

struct Elements<'o, T> {
    max: usize,
    over: &'o Cell<bool>,
    marker: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Elements<'_, T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<'_, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut array: S) -> Result<Vec<T>, S::Error> {
        let mut elements = Vec::new();
        while let Some(element) = array.next_element()? {
            if elements.len() == self.max {
                self.over.set(true);
                return Err(S::Error::custom("too many"));
            }
            elements.push(element);
        }
        Ok(elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_numbers(text: &str) -> Result<(u32, Vec<u8>), Unread> {
        let read = read::<u32, u8>(text.as_bytes(), ["incarnation", "ops"], 3);
        read.map(|Counted { beside, elements }| (beside, elements))
    }

    #[test]
    fn an_array_is_read_up_to_its_limit_and_nothing_behind_that() {
        assert_eq!(read_numbers(r#"{"incarnation":7,"newer":[1,{"a":2}],"ops":[1,2,3]}"#).unwrap(), (7, vec![1, 2, 3]));
        // What follows the fourth is no JSON at all.
        for text in [r#"{"incarnation":7,"ops":[1,2,3,4"#, r#"{"ops":[1,2,3,4,!!!"#] {
            assert!(matches!(read_numbers(text), Err(Unread::TooMany { field: "ops", max: 3 })), "{text}");
        }
        let wrong = [
            "",
            "[]",
            "{}",
            r#"{"incarnation":7}"#,
            r#"{"incarnation":7,"ops":[1,2"#,
            r#"{"incarnation":7,"ops":[]}x"#,
        ];
        let twice = [r#"{"incarnation":7,"incarnation":7,"ops":[]}"#, r#"{"incarnation":7,"ops":[],"ops":[]}"#];
        for text in wrong.into_iter().chain(twice) {
            assert!(matches!(read_numbers(text), Err(Unread::Json(_))), "{text}");
        }
    }
}
