#pragma once
// How many new strangers a network may send: one token bucket for each IPv4 /24 or IPv6 /48.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <span>

namespace transport {

/// Not thread-safe. Time comes in from outside.
class StrangerGate {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Network = std::array<std::uint8_t, 7>;  // 4 or 6, then the prefix

    StrangerGate(double burst, double perSecond) : m_burst(burst), m_perSecond(perSecond) {}

    /// The network of an address of 4 or 16 bytes; IPv4 within IPv6 counts as IPv4.
    static Network networkOf(std::span<const std::uint8_t> address);

    /// Takes a token, or says that there is none.
    bool admit(const Network& network, Time now);
    /// Gives the token back: the stranger turned out to be a known peer.
    void refund(const Network& network, Time now);
    /// Networks on record; at most kStrangerNetworksMax.
    std::size_t networks() const { return m_buckets.size(); }

private:
    struct Bucket {
        double tokens;
        Time updated;
    };
    void refill(Bucket& bucket, Time now) const;
    void forgetFull(Time now);

    double m_burst;
    double m_perSecond;
    std::map<Network, Bucket> m_buckets;
};

}  // namespace transport
