//! Events in, scores out, over Kafka's protocol: the real binary, killed and joined by others, beside a
//! cluster of librdkafka's and a wiki of our own.

#[cfg(test)]
mod cluster;
#[cfg(test)]
mod replica;
#[cfg(test)]
mod said;
#[cfg(test)]
#[expect(dead_code, reason = "the tests of dumps need more of it")]
#[path = "../online/service.rs"]
mod service;
#[cfg(test)]
mod wiki;

#[cfg(test)]
#[cfg(feature = "postgres")]
#[expect(dead_code, reason = "the store's own tests need all of it")]
#[path = "../../src/service/ledger/postgres/server.rs"]
mod server;
#[cfg(test)]
#[cfg(feature = "postgres")]
mod tansu;

#[cfg(test)]
mod dead_letters;
#[cfg(test)]
#[cfg(feature = "postgres")]
mod killed;
#[cfg(test)]
mod many;
#[cfg(test)]
mod outage;
