//! Events in, scores out, over Kafka's protocol: the real binary, killed and joined by others, beside a
//! cluster of librdkafka's and a wiki of our own.

#[cfg(test)]
mod cluster;
#[cfg(test)]
mod service;
#[cfg(test)]
mod wiki;

#[cfg(test)]
mod dead_letters;
#[cfg(test)]
mod many;
#[cfg(test)]
mod outage;
