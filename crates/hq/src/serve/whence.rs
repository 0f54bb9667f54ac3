//! Whose request it is: the address that speaks, or the one that a trusted proxy says it speaks for.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

/// What each proxy adds the address to that it was asked from.
const X_FORWARDED_FOR: &str = "x-forwarded-for";
/// The same in its standard form (RFC 7239).
const FORWARDED: &str = "forwarded";

/// Addresses of proxies whose word is taken: one, or a network as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

/// A text that names no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no address and no network such as 10.0.0.0/8")]
pub struct NoNetwork(String);

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let one = text.parse::<IpAddr>().map(IpNet::from);
        one.or_else(|_| text.parse()).map(Self).map_err(|_| NoNetwork(text.to_owned()))
    }
}

/// Whether an address is one of these proxies'.
pub fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.0.contains(&address.to_canonical()))
}

/// The address that a request came from: of those that proxies name, the last that is none of theirs. What an address that is
/// not trusted says of others counts for nothing, and neither do two headers that say different things.
#[must_use]
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let last = |named: &[Option<IpAddr>]| {
        let mut from = peer;
        for hop in named.iter().rev() {
            // What does not read is nobody's word for what stands before it.
            let Some(hop) = hop else { break };
            from = *hop;
            if !is_trusted(from, trusted) {
                break;
            }
        }
        from
    };
    match (hops(headers, X_FORWARDED_FOR, |hop| Some(hop)), hops(headers, FORWARDED, for_of)) {
        (Some(simple), None) => last(&simple),
        (None, Some(standard)) => last(&standard),
        (Some(simple), Some(standard)) if last(&simple) == last(&standard) => last(&simple),
        _ => peer,
    }
}

/// The hops that all headers of a name list, in order.
fn hops(headers: &HeaderMap, name: &str, node: impl Fn(&str) -> Option<&str>) -> Option<Vec<Option<IpAddr>>> {
    let values: Vec<_> = headers.get_all(name).iter().collect();
    let lists = values.iter().map(|value| value.to_str().unwrap_or("?"));
    let named = lists.flat_map(|list| list.split(',')).map(|hop| node(hop.trim()).and_then(address)).collect();
    (!values.is_empty()).then_some(named)
}

/// The `for` of an element of `Forwarded`.
fn for_of(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, node)| node.trim().trim_matches('"')).next()
}

/// An address as proxies write it: bare, with a port, in brackets.
fn address(node: &str) -> Option<IpAddr> {
    let bare = node.trim_start_matches('[').trim_end_matches(']');
    let parsed = bare.parse().ok().or_else(|| node.parse::<SocketAddr>().ok().map(|at| at.ip()));
    parsed.map(|address: IpAddr| address.to_canonical())
}

/// What counts as one sender: an IPv4 address, or the /64 that one line of IPv6 is given.
#[must_use]
pub fn sender(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        client(peer.parse().unwrap(), &map, &trusted).to_string()
    }

    #[test]
    fn the_last_address_that_is_no_trusted_proxy_is_who_asks_and_nobody_else_is_believed() {
        let forged = ("x-forwarded-for", "8.8.8.8");
        assert_eq!(said("192.0.2.1", &[forged]), "192.0.2.1", "a stranger's word");
        assert_eq!(said("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(said("10.0.0.1", &[("x-forwarded-for", "192.0.2.7")]), "192.0.2.7");
        assert_eq!(said("10.0.0.1", &[("x-forwarded-for", "8.8.8.8, 192.0.2.7, 10.0.0.2")]), "192.0.2.7");
        assert_eq!(
            said("10.0.0.1", &[forged, ("x-forwarded-for", "192.0.2.7")]),
            "192.0.2.7",
            "two lines are one list"
        );
        assert_eq!(said("10.0.0.1", &[("x-forwarded-for", "192.0.2.7, unknown")]), "10.0.0.1");
        assert_eq!(said("10.0.0.1", &[("x-forwarded-for", "192.0.2.7:4711")]), "192.0.2.7");
        assert_eq!(said("::ffff:10.0.0.1", &[("x-forwarded-for", "::ffff:192.0.2.7")]), "192.0.2.7");
        assert_eq!(said("::1", &[("forwarded", "for=8.8.8.8, for=\"[2001:db8::7]:4711\";proto=https")]), "2001:db8::7");
        assert_eq!(said("10.0.0.1", &[("forwarded", "For=192.0.2.7"), forged]), "10.0.0.1", "they contradict");
        assert_eq!(said("10.0.0.1", &[("forwarded", "for=192.0.2.7"), ("x-forwarded-for", "192.0.2.7")]), "192.0.2.7");
    }

    #[test]
    fn one_line_of_ipv6_is_one_sender() {
        let of = |text: &str| sender(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!((of("192.0.2.1"), of("::ffff:192.0.2.1")), ("192.0.2.1".to_owned(), "192.0.2.1".to_owned()));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for wrong in ["", "10.0.0.0/33", "proxy.example.com", "10.0.0.1/x"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
