//! What adapters print: one of these as JSON, or [`Refusal`].
//!
//! Times are nanoseconds of a monotonic clock, sizes are bytes. Results of programs are 64-bit integers, written as
//! decimal strings, because numbers of JavaScript do not hold them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Answer to `info`: which engine this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The engine's name.
    pub engine: String,
    /// Its version, as its makers count.
    pub version: String,
    /// What is not as it is by default, or what decides about speed: compiler, optimization, allocation of instances.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

impl Info {
    /// An engine with default options.
    pub fn new(engine: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            engine: engine.into(),
            version: version.into(),
            options: BTreeMap::new(),
        }
    }

    /// The same with one option more.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(key.into(), value.into());
        self
    }
}

/// Answer to `cold`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cold {
    /// What the call returned.
    #[serde(with = "decimal")]
    pub result: i64,
    /// The largest resident memory of the process so far: `VmHWM` of `/proc/self/status`. What `wait4` tells the runner
    /// is never less than the runner's own memory, which the process had before it became the adapter.
    pub peak_rss_bytes: u64,
}

/// Answer to `load`. All lists have one entry for each round.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// From bytes in memory to a module: whatever the engine does before instances can be made.
    pub load_ns: Vec<u64>,
    /// From there to an instance, `_initialize` included if there is a call.
    pub instantiate_ns: Vec<u64>,
    /// The first call of `--call`; empty if there was none.
    #[serde(default)]
    pub first_call_ns: Vec<u64>,
    /// What that call returned in the first round.
    #[serde(
        default,
        with = "optional_decimal",
        skip_serializing_if = "Option::is_none"
    )]
    pub result: Option<i64>,
    /// Machine code (for interpreters: their own code) that the engine holds for the module after the call; absent
    /// if the engine does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_bytes: Option<u64>,
    /// Resident memory of the process before the first load, the module's bytes included.
    pub rss_before_bytes: u64,
    /// Resident memory with the first instance alive, after its first call if there was one.
    pub rss_bytes: u64,
}

/// Answer to `steady`: one instance, called until the budget was used, which began after the first call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steady {
    /// What the first call returned.
    #[serde(with = "decimal")]
    pub result: i64,
    /// The first later call that returned something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<Differs>,
    /// Each call's time, from the very first one on.
    pub iterations_ns: Vec<u64>,
}

/// A call that did not return what the first one did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differs {
    /// Which call, counted from 0.
    pub iteration: u64,
    /// What it returned.
    #[serde(with = "decimal")]
    pub result: i64,
}

/// Answer to `calls`: time for one call, with the loop around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// The host calls an exported function that returns its argument.
    pub host_to_guest_ns: f64,
    /// A guest calls an imported function of the host that adds one.
    pub guest_to_host_ns: f64,
    /// A guest calls through a table, four targets in turn.
    pub indirect_ns: f64,
}

/// Answer to `instances`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instances {
    /// With `--threads`: how many instances were made and dropped in one second, by all threads together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<f64>,
    /// With `--live`: resident memory with so many instances alive, each of which has been called once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_bytes: Option<u64>,
    /// With `--live`: resident memory before the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_before_bytes: Option<u64>,
}

/// What an adapter prints in place of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Refusal {
    /// Something failed (exit code 1).
    Error(String),
    /// The engine cannot do this, and does not claim to (exit code 0).
    Unsupported(String),
    /// The engine computed something wrong (exit code 1).
    Wrong(String),
}

mod decimal {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &i64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        let text = String::deserialize(from)?;
        text.parse()
            .map_err(|_| D::Error::custom(format!("'{text}' is no 64-bit integer in decimal")))
    }
}

mod optional_decimal {
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Option<i64>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
        super::decimal::deserialize(from).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_decimal_strings() {
        let steady = Steady {
            result: i64::MIN,
            differs: Some(Differs {
                iteration: 3,
                result: -1,
            }),
            iterations_ns: vec![1, 2],
        };
        let json = serde_json::to_string(&steady).unwrap();
        assert!(
            json.contains(r#""result":"-9223372036854775808""#),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<Steady>(&json).unwrap(), steady);
    }

    #[test]
    fn a_refusal_is_an_object_with_one_key() {
        let json = serde_json::to_string(&Refusal::Unsupported("no threads".into())).unwrap();
        assert_eq!(json, r#"{"unsupported":"no threads"}"#);
    }

    #[test]
    fn what_is_absent_may_be_left_out() {
        let load = r#"{"load_ns":[1],"instantiate_ns":[2],"rss_before_bytes":3,"rss_bytes":4}"#;
        let load: Load = serde_json::from_str(load).unwrap();
        assert_eq!((load.result, load.code_bytes), (None, None));
    }
}
