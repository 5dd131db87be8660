#include "transport/stranger_gate.h"

#include <algorithm>
#include "base/limits.h"

namespace transport {

StrangerGate::Network StrangerGate::networkOf(std::span<const std::uint8_t> address) {
    constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (address.size() == 16 &&
        std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin())) {
        address = address.subspan(kMappedPrefix.size());
    }
    Network network{};
    bool v4 = address.size() == 4;
    network[0] = v4 ? 4 : 6;
    std::copy_n(address.begin(), v4 ? 3 : 6, network.begin() + 1);
    return network;
}

void StrangerGate::refill(Bucket& bucket, Time now) const {
    double seconds = std::chrono::duration<double>(now - bucket.updated).count();
    bucket.tokens = std::min(m_burst, bucket.tokens + std::max(0.0, seconds) * m_perSecond);
    bucket.updated = std::max(bucket.updated, now);
}

/// A full bucket says nothing; without one the network starts full again.
void StrangerGate::forgetFull(Time now) {
    for (auto at = m_buckets.begin(); at != m_buckets.end();) {
        refill(at->second, now);
        at = at->second.tokens >= m_burst ? m_buckets.erase(at) : std::next(at);
    }
}

bool StrangerGate::admit(const Network& network, Time now) {
    auto found = m_buckets.find(network);
    if (found == m_buckets.end()) {
        if (m_buckets.size() >= base::limits::kStrangerNetworksMax) forgetFull(now);
        if (m_buckets.size() >= base::limits::kStrangerNetworksMax) return false;
        found = m_buckets.emplace(network, Bucket{m_burst, now}).first;
    }
    Bucket& bucket = found->second;
    refill(bucket, now);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

void StrangerGate::refund(const Network& network, Time now) {
    auto found = m_buckets.find(network);
    if (found == m_buckets.end()) return;
    refill(found->second, now);
    found->second.tokens = std::min(m_burst, found->second.tokens + 1);
}

}  // namespace transport
