#pragma once
// Which row holds an object, by the keyed hash of its name.
//
//   ids     16 bytes → u64 row number
//   recent  u64 → some of (16 bytes ‖ u64 row number)
//
// A random key costs a sorted table a page that is written anew. So new ones lie in `recent` first,
// one value a commit, and in memory; once they are many they go over into `ids` in ascending order,
// neighbours in one commit.
//
// One thread.

#include <unordered_map>
#include "store/store.h"

namespace replica {

using base::Result;
using base::Status;

class IdIndex {
public:
    using Key = std::array<std::uint8_t, 16>;
    struct Entry {
        Key key{};
        std::uint64_t row = 0;
        auto operator<=>(const Entry&) const = default;
    };

    /// Of so many in memory, some 60 bytes each.
    static constexpr std::size_t kRecentMax = 65'536;
    explicit IdIndex(std::size_t recentMax = kRecentMax) : m_recentMax(recentMax) {}

    /// Corrupt if what is stored cannot be read.
    Status load(const store::ReadTxn& txn);
    Result<std::optional<std::uint64_t>> find(const store::ReadTxn& txn, const Key& key) const;
    /// Puts new ones into the transaction; find() knows them once committed() was called.
    Status add(store::WriteTxn& txn, std::vector<Entry> entries);
    void committed();

    bool isFull() const { return m_recent.size() >= m_recentMax; }
    /// Empties `recent`, in commits of its own. Cut short, all is still found, and the next call
    /// does it again. No transaction that is open may be used for find() afterwards.
    Status moveOver(store::Store& store);

private:
    struct KeyHash {  // it is a hash already
        std::size_t operator()(const Key& key) const { return store::numberOfKey(key); }
    };
    struct Block {
        std::uint64_t number = 0;  // its key in `recent`
        std::size_t entries = 0;
    };

    const std::size_t m_recentMax;
    std::unordered_map<Key, std::uint64_t, KeyHash> m_recent;
    std::vector<Block> m_blocks;  // by number
    std::vector<Entry> m_added;   // until the commit
    std::vector<Block> m_blocksThen;
};

}  // namespace replica
