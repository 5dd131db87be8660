#include "replica/id_index.h"
#include <algorithm>
#include "replica/tables.h"

namespace replica {
namespace {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using Entry = IdIndex::Entry;

constexpr std::size_t kBlockEntriesMax = 4096;
constexpr std::size_t kMovedAtOnce = 4096;
constexpr std::size_t kEntryBytes = 16 + 8;

tl::unexpected<base::Error> errorOfBlock() {
    return fail(Code::Corrupt, "a part of the index of objects cannot be read");
}

}  // namespace

Status IdIndex::load(const store::ReadTxn& txn) {
    m_recent.clear();
    m_blocks.clear();
    m_added.clear();
    return txn.scan(kRecentIds, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        if (value.size() % kEntryBytes != 0) return errorOfBlock();
        base::Reader in(value);
        for (std::size_t i = 0; i < value.size() / kEntryBytes; ++i) {
            Entry entry;
            const ByteView name = in.raw(entry.key.size());
            std::copy(name.begin(), name.end(), entry.key.begin());
            m_recent[entry.key] = in.u64();
        }
        m_blocks.push_back({store::numberOfKey(key), value.size() / kEntryBytes});
        return true;
    });
}

Result<std::optional<std::uint64_t>> IdIndex::find(const store::ReadTxn& txn,
                                                   const Key& key) const {
    auto recent = m_recent.find(key);
    if (recent != m_recent.end()) return std::optional(recent->second);
    Bytes number;
    TRY(const bool isFound, txn.get(kIds, key, number));
    return isFound ? std::optional(store::numberOfKey(number)) : std::nullopt;
}

/// Small blocks before it are taken into the new one, so that there are few, and each entry is
/// written a few times only.
Status IdIndex::add(store::WriteTxn& txn, std::vector<Entry> entries) {
    m_blocksThen = m_blocks;
    m_added = std::move(entries);
    if (m_added.empty()) return {};
    Block block{m_blocks.empty() ? 0 : m_blocks.back().number + 1, m_added.size()};
    Bytes value;
    base::Writer out(value);
    for (const Entry& entry : m_added) out.raw(entry.key).u64(entry.row);
    while (!m_blocksThen.empty()) {
        const Block& last = m_blocksThen.back();
        const bool isSmall =
            last.entries <= 2 * block.entries && last.entries + block.entries <= kBlockEntriesMax;
        if (!isSmall) break;
        Bytes before;
        TRY(const bool isFound, txn.get(kRecentIds, store::orderedKey(last.number), before));
        if (!isFound) return errorOfBlock();
        CHECK_OK(txn.erase(kRecentIds, store::orderedKey(last.number)));
        out.raw(before);
        block = {last.number, block.entries + last.entries};
        m_blocksThen.pop_back();
    }
    m_blocksThen.push_back(block);
    return txn.put(kRecentIds, store::orderedKey(block.number), value);
}

void IdIndex::committed() {
    for (const Entry& entry : m_added) m_recent[entry.key] = entry.row;
    m_added.clear();
    m_blocks = m_blocksThen;
}

Status IdIndex::moveOver(store::Store& store) {
    std::vector<Entry> all;
    all.reserve(m_recent.size());
    for (const auto& [key, row] : m_recent) all.push_back({key, row});
    std::sort(all.begin(), all.end());
    for (std::size_t i = 0; i < all.size(); i += kMovedAtOnce) {
        TRY(auto txn, store.write());
        const std::size_t end = std::min(i + kMovedAtOnce, all.size());
        for (std::size_t k = i; k < end; ++k)
            CHECK_OK(txn->put(kIds, all[k].key, store::orderedKey(all[k].row)));
        if (end == all.size()) {
            for (const Block& block : m_blocks)
                CHECK_OK(txn->erase(kRecentIds, store::orderedKey(block.number)));
        }
        CHECK_OK(txn->commit());
    }
    m_recent.clear();
    m_blocks.clear();
    return {};
}

}  // namespace replica
