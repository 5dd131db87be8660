#include "replica/portion.h"
#include "base/limits.h"
#include "ledger/body.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kPortionEntries = 1024;

bool mustWait(const Result<std::vector<domain::Change>>& changes) {
    return !changes && changes.error().code == Code::WaitingForKey;
}

}  // namespace

Result<Portion> openPortion(store::Store& store, const store::LedgerTables& tables,
                            const base::ScopeId& scope, std::uint64_t from, const ScopeKeys& keys) {
    Portion out;
    out.end = from;
    TRY(auto txn, store.read());
    std::size_t entries = 0;
    auto take = [&](const store::StoredRecord& stored) -> Result<bool> {
        OpenedChanges& opened = out.records.emplace_back();
        opened.stored = stored;
        TRY(opened.record, store::openRecord(opened.stored));
        for (const ledger::Entry& entry : opened.record.entries) {
            opened.changes.push_back(openChanges(entry, scope, keys));
        }
        out.end = stored.end();
        entries += opened.record.entries.size();
        if (entries >= kPortionEntries) out.stopped = Portion::Stopped::Full;
        if (std::any_of(opened.changes.begin(), opened.changes.end(), mustWait))
            out.stopped = Portion::Stopped::KeyMissing;
        return out.stopped == Portion::Stopped::AtEnd;
    };
    CHECK_OK(tables.read(*txn, scope, from, take));
    return out;
}

Result<std::vector<domain::Change>> openChanges(const ledger::Entry& entry,
                                                const base::ScopeId& scope, const ScopeKeys& keys) {
    if (entry.header.keyVersion == 0 || entry.header.keyVersion > UINT32_MAX) {
        return fail(Code::Malformed, "an entry without a key version");
    }
    const crypto::SecretKey* key =
        keys.find(scope, static_cast<std::uint32_t>(entry.header.keyVersion));
    if (key == nullptr)
        return fail(Code::WaitingForKey, "The unit's key has not been granted to this device yet.");
    Bytes packed;
    CHECK_OK(ledger::openBody(*key, entry, packed));
    TRY(Bytes plain,
        wire::decompress(packed, entry.header.dictionary, base::limits::kPlainBodyBytesMax));
    return wire::decodeBody(plain);
}

}  // namespace replica
