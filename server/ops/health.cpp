#include "ops/health.h"

#include "register/register.h"
#include "store/ledger_tables.h"

namespace ops {
namespace {

using base::Code;

void describeDirectory(const reg::Register& reg, Health& out) {
    const domain::Directory& directory = reg.directory().directory();
    if (!directory.hasGenesis()) return;
    out.province = directory.province();
    out.provinceName = directory.genesis().name;
    out.units = directory.units().size();
    for (const auto& [id, device] : directory.devices()) {
        if (!device.revokedSince) ++out.devices;
    }
}

}  // namespace

Result<Health> health(const DataFolder& folder, const base::Clock& clock, base::Random& random) {
    Health out;
    TRY(ServerKey key, folder.loadKey());
    if (auto lock = folder.lock(); !lock) {
        if (lock.error().code != Code::HomeBusy) return tl::unexpected(std::move(lock).error());
        out.isRunning = true;
    }
    TRY(out.freeBytes, store::freeBytes(folder.path()));
    auto opened = folder.openStore(key, store::Access::ReadOnly, random);
    TRY(auto store, std::move(opened));
    out.storeBytes = store->sizeBytes();
    TRY(auto reg, reg::Register::open(*store, clock, key.head));
    out.entries = reg->entries();
    if (reg->lastArrival() > 0) out.lastArrival = static_cast<base::TimeMs>(reg->lastArrival());
    describeDirectory(*reg, out);
    out.restored = reg->restored();
    out.isClockInDoubt = !reg->isClockTrusted();
    TRY(const bool hasRoom, store->mayStore());
    out.isDiskFull = !hasRoom;
    out.quarantined = reg->quarantined().size();
    out.epoch = reg->epoch();
    out.contradicted = reg->contradictions().size();
    TRY(auto txn, store->read());
    TRY(auto former, reg::formerKept(*txn));
    out.formerKept = former.size();
    TRY(auto ledgers, store::LedgerTables().all(*txn));
    out.ledgers = ledgers.size();
    return out;
}

}  // namespace ops
