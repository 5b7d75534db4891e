//! How often one may do things, per member and per address: enough for people in a hurry, too little for a flood.
//!
//! Each process counts for itself, in memory, and forgets within minutes. Nothing of it is written down: who did what how
//! often is nobody's business.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::ConnectInfo,
    http::{HeaderName, request::Parts},
};
use domain::id::MemberId;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};

/// Behind one address there may be so many people: a hospital.
const BEHIND_ONE_ADDRESS: u32 = 10;
/// How often what has come to rest is forgotten.
const FORGETTING: Duration = Duration::from_mins(1);

/// So many at once, and so many a minute from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    at_once: NonZeroU32,
    a_minute: NonZeroU32,
}

/// It is not of the form `60:30`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write how many at once and how many a minute from then on, such as 60:30")]
pub struct NoLimit;

impl FromStr for Limit {
    type Err = NoLimit;

    fn from_str(text: &str) -> Result<Self, NoLimit> {
        let (at_once, a_minute) = text.split_once(':').ok_or(NoLimit)?;
        let number = |text: &str| text.trim().parse().map_err(|_| NoLimit);
        Ok(Self { at_once: number(at_once)?, a_minute: number(a_minute)? })
    }
}

impl Limit {
    fn quota(self) -> Quota {
        Quota::per_minute(self.a_minute).allow_burst(self.at_once)
    }

    fn times(self, factor: u32) -> Self {
        let times = |number: NonZeroU32| number.saturating_mul(NonZeroU32::new(factor).unwrap_or(NonZeroU32::MIN));
        Self { at_once: times(self.at_once), a_minute: times(self.a_minute) }
    }
}

/// How often one may do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Begin to sign in, per address.
    pub signing_in: Limit,
    /// Ask for access or confirm that, per address.
    pub asking_for_access: Limit,
    /// Ask, answer, and whatever else changes something, per member; per address ten times that.
    pub contributing: Limit,
    /// Search, per member; per address ten times that.
    pub searching: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        let limit = |at_once, a_minute| Limit {
            at_once: NonZeroU32::new(at_once).unwrap_or(NonZeroU32::MIN),
            a_minute: NonZeroU32::new(a_minute).unwrap_or(NonZeroU32::MIN),
        };
        Self {
            signing_in: limit(100, 60),
            asking_for_access: limit(20, 4),
            contributing: limit(100, 60),
            searching: limit(200, 300),
        }
    }
}

/// Where a request came from. Of IPv6 the network: one has as many addresses in it as one likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Address(IpAddr);

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from(network))
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl Address {
    /// What the proxy says in its header, where there is one; otherwise whoever is connected.
    pub(crate) fn of(parts: &Parts, header: Option<&HeaderName>) -> Self {
        let said = header.and_then(|header| parts.headers.get_all(header).iter().next_back());
        // The last is what the nearest proxy added; all before it anybody can write.
        let said = said.and_then(|said| said.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
        let connected = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        said.or_else(connected).unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)).into()
    }
}

/// Too often: try again after this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooOften(pub(crate) Duration);

/// What is counted.
#[derive(Debug)]
struct Counted<K: Hash + Eq + Clone>(DefaultKeyedRateLimiter<K>);

impl<K: Hash + Eq + Clone> Counted<K> {
    fn new(limit: Limit) -> Self {
        Self(RateLimiter::keyed(limit.quota()))
    }

    fn take(&self, key: &K) -> Result<(), TooOften> {
        self.0.check_key(key).map_err(|until| TooOften(until.wait_time_from(self.0.clock().now())))
    }
}

/// Something that is counted per member and per address.
#[derive(Debug)]
struct ByBoth {
    member: Counted<MemberId>,
    address: Counted<Address>,
}

impl ByBoth {
    fn new(limit: Limit) -> Self {
        Self { member: Counted::new(limit), address: Counted::new(limit.times(BEHIND_ONE_ADDRESS)) }
    }

    fn take(&self, member: MemberId, address: Address) -> Result<(), TooOften> {
        self.member.take(&member)?;
        self.address.take(&address)
    }

    fn forget(&self) {
        self.member.0.retain_recent();
        self.address.0.retain_recent();
    }
}

/// Who did what how often, lately.
#[derive(Clone, Debug)]
pub(crate) struct Pace(Arc<Paces>);

#[derive(Debug)]
struct Paces {
    signing_in: Counted<Address>,
    asking_for_access: Counted<Address>,
    contributing: ByBoth,
    searching: ByBoth,
}

impl Pace {
    /// Nothing yet. What has come to rest leaves memory by itself.
    pub(crate) fn begin(limits: Limits) -> Self {
        let paces = Arc::new(Paces {
            signing_in: Counted::new(limits.signing_in),
            asking_for_access: Counted::new(limits.asking_for_access),
            contributing: ByBoth::new(limits.contributing),
            searching: ByBoth::new(limits.searching),
        });
        let weak = Arc::downgrade(&paces);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(FORGETTING).await;
                let Some(paces) = weak.upgrade() else { return };
                paces.signing_in.0.retain_recent();
                paces.asking_for_access.0.retain_recent();
                paces.contributing.forget();
                paces.searching.forget();
            }
        });
        Self(paces)
    }

    pub(crate) fn sign_in(&self, address: Address) -> Result<(), TooOften> {
        told("signing_in", self.0.signing_in.take(&address))
    }

    /// Each writes a mail to somebody who may not have asked for it.
    pub(crate) fn ask_for_access(&self, address: Address) -> Result<(), TooOften> {
        told("asking_for_access", self.0.asking_for_access.take(&address))
    }

    pub(crate) fn contribute(&self, member: MemberId, address: Address) -> Result<(), TooOften> {
        told("contributing", self.0.contributing.take(member, address))
    }

    pub(crate) fn search(&self, member: MemberId, address: Address) -> Result<(), TooOften> {
        told("searching", self.0.searching.take(member, address))
    }
}

fn told(what: &'static str, taken: Result<(), TooOften>) -> Result<(), TooOften> {
    if taken.is_err() {
        metrics::counter!("too_often_total", "what" => what).increment(1);
    }
    taken
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn a_limit_is_two_numbers() {
        assert_eq!("60:30".parse::<Limit>().map(|limit| (limit.at_once.get(), limit.a_minute.get())), Ok((60, 30)));
        for text in ["", "60", "60:", ":30", "0:30", "60:0", "-1:3", "60:30:1"] {
            assert_eq!(text.parse::<Limit>(), Err(NoLimit), "{text}");
        }
    }

    fn address(peer: &str, forwarded: &[&str], header: Option<&HeaderName>) -> Address {
        let mut request = Request::builder();
        for said in forwarded {
            request = request.header("x-forwarded-for", *said);
        }
        let mut request = request.body(()).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().expect("an address"), 1)));
        Address::of(&request.into_parts().0, header)
    }

    fn of(text: &str) -> Address {
        text.parse::<IpAddr>().expect("an address").into()
    }

    #[test]
    fn only_what_the_nearest_proxy_added_is_believed_and_only_where_there_is_one() {
        let header = HeaderName::from_static("x-forwarded-for");
        assert_eq!(address("10.0.0.1", &["1.2.3.4"], None), of("10.0.0.1"));
        assert_eq!(address("10.0.0.1", &["6.6.6.6, 1.2.3.4"], Some(&header)), of("1.2.3.4"));
        assert_eq!(address("10.0.0.1", &["6.6.6.6", "1.2.3.4"], Some(&header)), of("1.2.3.4"));
        assert_eq!(address("10.0.0.1", &["nonsense"], Some(&header)), of("10.0.0.1"));
        assert_eq!(address("10.0.0.1", &[], Some(&header)), of("10.0.0.1"));
    }

    #[test]
    fn a_network_counts_as_one_address() {
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:1.2.3.4"), of("1.2.3.4"));
    }
}
