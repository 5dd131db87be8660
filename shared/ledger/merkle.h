#pragma once
// The Merkle tree of RFC 6962, section 2, written over the node hash so that the published SHA-256
// vectors run through the same code as the ledgers' BLAKE2b-256.

#include <bit>
#include <cassert>
#include <optional>
#include <vector>
#include "base/bytes.h"
#include "base/result.h"
#include "crypto/crypto.h"

namespace ledger {

using base::Hash;

/// Node hashing of the ledgers: BLAKE2b-256(0x01 ‖ left ‖ right); the root of nothing is
/// BLAKE2b-256 of nothing.
struct LedgerHash {
    static Hash node(const Hash& l, const Hash& r) {
        return crypto::Hasher("").u8(1).add(l.view()).add(r.view()).finish();
    }
    static Hash empty() { return crypto::Hasher("").finish(); }
};

/// The roots of the perfect subtrees that make up a tree of `size` leaves, largest first: enough to
/// append and to know the root. One per set bit of size, so at most 64 hashes.
template <class H>
class FrontierOf {
public:
    void append(Hash leaf) {
        for (std::uint64_t n = m_size; (n & 1) != 0; n >>= 1) {
            leaf = H::node(m_roots.back(), leaf);
            m_roots.pop_back();
        }
        m_roots.push_back(leaf);
        ++m_size;
    }
    Hash root() const {
        if (m_roots.empty()) return H::empty();
        Hash out = m_roots.back();
        for (std::size_t i = m_roots.size() - 1; i-- > 0;) out = H::node(m_roots[i], out);
        return out;
    }
    std::uint64_t size() const { return m_size; }
    const std::vector<Hash>& subtrees() const { return m_roots; }
    bool operator==(const FrontierOf&) const = default;

    base::Bytes encode() const {
        base::Bytes out;
        base::Writer w(out);
        w.u64(m_size);
        for (const Hash& h : m_roots) w.raw(h.view());
        return out;
    }
    static base::Result<FrontierOf> decode(base::ByteView bytes) {
        base::Reader in(bytes);
        FrontierOf f;
        f.m_size = in.u64();
        for (int i = std::popcount(f.m_size); i > 0 && in.ok(); --i) {
            f.m_roots.push_back(in.fixed<Hash>());
        }
        if (!in.atEnd())
            return base::fail(base::Code::Corrupt, "a stored ledger frontier has a wrong length");
        return f;
    }

private:
    std::uint64_t m_size = 0;
    std::vector<Hash> m_roots;
};
using Frontier = FrontierOf<LedgerHash>;

template <class H>
Hash merkleRoot(std::span<const Hash> leaves) {
    FrontierOf<H> f;
    for (const Hash& leaf : leaves) f.append(leaf);
    return f.root();
}

/// The audit path of leaf `index` (RFC 6962, 2.1.1), bottom up.
template <class H>
std::vector<Hash> inclusionProof(std::span<const Hash> leaves, std::size_t index) {
    if (leaves.size() <= 1) return {};
    std::size_t split = std::bit_floor(leaves.size() - 1);
    bool low = index < split;
    auto path = low ? inclusionProof<H>(leaves.first(split), index)
                    : inclusionProof<H>(leaves.subspan(split), index - split);
    path.push_back(merkleRoot<H>(low ? leaves.subspan(split) : leaves.first(split)));
    return path;
}

/// SUBPROOF of RFC 6962, 2.1.2: what shows that the first `first` of these leaves stand in them.
template <class H>
std::vector<Hash> consistencyProof(std::span<const Hash> leaves, std::size_t first,
                                   bool isWhole = true) {
    if (first == 0) return {};
    if (first == leaves.size())
        return isWhole ? std::vector<Hash>() : std::vector<Hash>{merkleRoot<H>(leaves)};
    const std::size_t split = std::bit_floor(leaves.size() - 1);
    const bool low = first <= split;
    auto proof = low ? consistencyProof<H>(leaves.first(split), first, isWhole)
                     : consistencyProof<H>(leaves.subspan(split), first - split, false);
    proof.push_back(merkleRoot<H>(low ? leaves.subspan(split) : leaves.first(split)));
    return proof;
}

/// The audit paths of some leaves, made while all leaves come by in order: nobody keeps a ledger in
/// memory.
template <class H>
class AuditPathsOf {
public:
    AuditPathsOf() = default;
    /// Behind leaves that nobody asks for.
    explicit AuditPathsOf(const FrontierOf<H>& before) : m_size(before.size()) {
        for (const Hash& root : before.subtrees()) m_nodes.push_back({root, {}});
    }
    /// The path of leaf `index`, which has not come by yet; its number here. In ascending order.
    std::size_t want(std::uint64_t index) {
        assert(index >= m_size && (m_wanted.empty() || index >= m_wanted.back()));
        m_wanted.push_back(index);
        m_paths.emplace_back();
        return m_paths.size() - 1;
    }
    void append(const Hash& leaf) {
        Node node{leaf, {}};
        while (m_met < m_wanted.size() && m_wanted[m_met] == m_size) node.paths.push_back(m_met++);
        for (std::uint64_t n = m_size; (n & 1) != 0; n >>= 1) {
            node = join(m_nodes.back(), node, m_paths);
            m_nodes.pop_back();
        }
        m_nodes.push_back(std::move(node));
        ++m_size;
    }
    std::uint64_t size() const { return m_size; }
    /// Bottom up, in the tree of the leaves so far.
    std::vector<Hash> path(std::size_t number) const { return paths()[number]; }
    /// All of them, by number.
    std::vector<std::vector<Hash>> paths() const {
        std::vector<std::vector<Hash>> paths = m_paths;
        if (m_nodes.empty()) return paths;
        Node node = m_nodes.back();
        for (std::size_t i = m_nodes.size() - 1; i-- > 0;) node = join(m_nodes[i], node, paths);
        return paths;
    }

private:
    struct Node {
        Hash root;
        std::vector<std::size_t> paths;  // that lead through it
    };
    static Node join(const Node& l, const Node& r, std::vector<std::vector<Hash>>& paths) {
        Node out{H::node(l.root, r.root), l.paths};
        for (std::size_t i : l.paths) paths[i].push_back(r.root);
        for (std::size_t i : r.paths) paths[i].push_back(l.root);
        out.paths.insert(out.paths.end(), r.paths.begin(), r.paths.end());
        return out;
    }

    std::uint64_t m_size = 0;
    std::vector<Node> m_nodes;
    std::vector<std::uint64_t> m_wanted;  // ascending
    std::size_t m_met = 0;                // how many of them have come by
    std::vector<std::vector<Hash>> m_paths;
};
using AuditPaths = AuditPathsOf<LedgerHash>;

/// Whether `leaf` is at `index` of the tree with that size and root (RFC 9162, 2.1.3.2). Where it
/// is, `rootThere` becomes the root of the leaves up to it: what stands on its left in the path is
/// all that came before.
template <class H>
bool verifyInclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, const Hash& root,
                     std::span<const Hash> proof, Hash* rootThere = nullptr) {
    if (index >= size) return false;
    std::uint64_t fn = index;
    std::uint64_t sn = size - 1;
    Hash r = leaf;
    Hash upTo = leaf;
    for (const Hash& p : proof) {
        if (sn == 0) return false;
        if ((fn & 1) != 0 || fn == sn) {
            upTo = H::node(p, upTo);
            r = H::node(p, r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = H::node(r, p);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0 || r != root) return false;
    if (rootThere != nullptr) *rootThere = upTo;
    return true;
}

/// Whether the first tree is a prefix of the second (RFC 9162, 2.1.4.2). An empty first tree needs
/// an empty proof.
template <class H>
bool verifyConsistency(std::uint64_t first, std::uint64_t second, const Hash& firstRoot,
                       const Hash& secondRoot, std::span<const Hash> proof) {
    if (first > second) return false;
    if (first == second) return proof.empty() && firstRoot == secondRoot;
    if (first == 0) return proof.empty();
    std::vector<Hash> path(proof.begin(), proof.end());
    if (std::has_single_bit(first)) path.insert(path.begin(), firstRoot);
    if (path.empty()) return false;
    std::uint64_t fn = first - 1;
    std::uint64_t sn = second - 1;
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    Hash fr = path[0];
    Hash sr = path[0];
    for (std::size_t i = 1; i < path.size(); ++i) {
        if (sn == 0) return false;
        if ((fn & 1) != 0 || fn == sn) {
            fr = H::node(path[i], fr);
            sr = H::node(path[i], sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = H::node(sr, path[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && fr == firstRoot && sr == secondRoot;
}

}  // namespace ledger
