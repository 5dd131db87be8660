// What a store keeps beside the ledgers' own bytes: their index, chain tips, and who the device is.
// Damage that got past the encryption, or a file of another program, is an error, never more.

#include "replica/identity.h"
#include "replica/quarantine.h"
#include "store/ledger_tables.h"
#include "store/memory_store.h"
#include "target.h"

using namespace fuzz;

namespace {

void put(store::WriteTxn& txn, const store::Table& table, Input& in) {
    const Bytes key = base::copy(in.take(in.byte()));
    const ByteView value = in.piece();
    if (key.empty()) return;
    must(txn.put(table, key, value).has_value(), "a store in memory refuses a value");
}

void readIdentity(ByteView bytes) {
    auto identity = replica::Identity::decode(bytes);
    if (!identity) return;
    auto again = replica::Identity::decode(identity->encode().view());
    must(again && again->encode().text() == identity->encode().text(), "an identity is not kept");
}

void readHeld(ByteView bytes) {
    auto held = replica::HeldSegment::decode(bytes);
    if (!held) return;
    must(held->encode() == base::copy(bytes), "what is kept for the office is not kept");
    (void)held->open();  // an error, or entries
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in({data, size});
    const ByteView first = in.piece();
    readIdentity(first);
    readHeld(first);
    store::MemoryStore memory;
    {
        auto txn = memory.write();
        while (!in.isEmpty()) {
            const store::Table* tables[] = {&store::kLedgers, &store::kRecords, &store::kBlobs,
                                            &store::kChains};
            put(**txn, *tables[in.byte() % 4], in);
        }
        must((*txn)->commit().has_value(), "a store in memory does not commit");
    }
    auto txn = memory.read();
    store::LedgerTables tables;
    auto ledgers = tables.all(**txn);
    if (!ledgers) return 0;
    for (const auto& [scope, info] : *ledgers) {
        // An error ends the reading of this ledger, like the reader's own.
        (void)tables.read(**txn, scope, 0, [](const store::StoredRecord& stored) {
            auto opened = store::openRecord(stored);
            must(!opened || opened->entries.size() == stored.count,
                 "a stored record has other entries than it says");
            return base::Result<bool>(true);
        });
        (void)tables.recordAt(**txn, scope, info.size());
        (void)tables.chain(**txn, {}, {scope, {}, {}});
    }
    return 0;
}
