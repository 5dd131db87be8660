#include "ops/restore.h"

#include "register/new_epoch.h"
#include "register/register.h"
#include "store/large_files.h"

namespace ops {
namespace {

using base::Code;
using base::fail;

constexpr const char* kUnfinished = "restore.part";

/// Nothing but what an earlier try left, and what every folder may hold.
Status checkEmpty(const DataFolder& folder) {
    std::error_code error;
    const bool isUnfinished = std::filesystem::exists(folder.path() / kUnfinished, error) &&
                              !std::filesystem::exists(folder.keyFile(), error);
    for (const auto& entry : std::filesystem::directory_iterator(folder.path(), error)) {
        const std::string name = entry.path().filename().string();
        bool mayStand = name == folder.lockFile().filename() || name == "lost+found" ||
                        name == kUnfinished || (isUnfinished && name == "store");
        if (mayStand) continue;
        return fail(Code::InvalidInput,
                    "'" + folder.path().string() + "' is not empty (there is '" + name +
                        "'): a restore never writes over a server. Choose an empty or new folder.");
    }
    if (error)
        return fail(Code::Io,
                    "Cannot look into '" + folder.path().string() + "': " + error.message() + ".");
    return {};
}

Status clear(const DataFolder& folder) {
    std::error_code error;
    std::filesystem::remove_all(folder.path() / kUnfinished, error);
    if (!error) std::filesystem::remove_all(folder.storeFolder(), error);
    if (!error) return {};
    return fail(Code::Io, "Cannot clear away what an earlier restore left in '" +
                              folder.path().string() + "': " + error.message() + ".");
}

tl::unexpected<base::Error> differs(const Path& file, const std::string& how) {
    return fail(Code::Corrupt, "The backup '" + file.string() + "' is damaged: " + how +
                                   ". Nothing was restored; take an older backup.");
}

/// The unfinished store becomes one that waits for its devices.
Status mark(store::LmdbStore& store, const reg::Restored& restored) {
    TRY(auto txn, store.write());
    CHECK_OK(reg::putRestored(*txn, restored));
    return txn->commit();
}

/// Everything below the unfinished folder; what fails leaves no server behind.
Result<ledger::Watermark> build(const DataFolder& folder, const Path& file, const ServerKey& key,
                                const base::Clock& clock, base::Random& random,
                                const reg::Progress& progress) {
    TRY(ledger::Watermark watermark, readWatermark(file, key));
    const Path part = folder.path() / kUnfinished;
    const Path storeFolder = part / "store";
    CHECK_OK(store::ensureFolder(storeFolder, 0700));
    TRY(const base::Hash hash,
        store::copyPart(file, watermark.dataBytes, storeFolder / "data.mdb", kBackupTag));
    if (hash != watermark.dataHash) return differs(file, "its bytes are not those it was made of");
    auto verified = folder.verifyStoreAt(storeFolder, key, random, progress);
    if (!verified) {
        if (verified.error().code == Code::Io) return tl::unexpected(verified.error());
        std::string how = verified.error().message;
        if (how.ends_with('.')) how.pop_back();
        return differs(file, how);
    }
    if (verified->ledgers != watermark.ledgers || verified->province != watermark.province)
        return differs(file, "its ledgers are not those that its server signed");
    TRY(auto store, folder.openStoreAt(storeFolder, key, random));
    CHECK_OK(mark(*store, {clock.nowMs(), watermark, verified->lastArrival}));
    return watermark;
}

Result<std::unique_ptr<store::LmdbStore>> storeToWrite(const DataFolder& folder,
                                                       base::Random& random) {
    TRY(ServerKey key, folder.loadKey());
    return folder.openStore(key, store::Access::ReadWrite, random);
}

}  // namespace

Result<ledger::Watermark> restore(const DataFolder& folder, const Path& file, const Path& keyFile,
                                  const base::Clock& clock, base::Random& random,
                                  const reg::Progress& progress) {
    TRY(const ServerKey key, ServerKey::load(keyFile));
    CHECK_OK(store::ensureFolder(folder.path(), 0700));
    CHECK_OK(checkEmpty(folder));
    TRY(auto lock, folder.lock());
    CHECK_OK(clear(folder));
    auto watermark = build(folder, file, key, clock, random, progress);
    if (!watermark) {
        (void)clear(folder);  // the first error is the one to tell
        return watermark;
    }
    const Path part = folder.path() / kUnfinished;
    CHECK_OK(key.save(part / "server.key"));
    CHECK_OK(store::renameDurably(part / "store", folder.storeFolder()));
    CHECK_OK(store::renameDurably(part / "server.key", folder.keyFile()));
    std::error_code ignored;
    std::filesystem::remove_all(part, ignored);
    return watermark;
}

Result<Recovery> recovery(const DataFolder& folder, const base::Clock& clock,
                          base::Random& random) {
    Recovery out;
    TRY(ServerKey key, folder.loadKey());
    TRY(auto store, folder.openStore(key, store::Access::ReadOnly, random));
    TRY(auto reg, reg::Register::open(*store, clock, key.head));
    out.restored = reg->restored();
    out.contradictions = reg->contradictions();
    if (!out.restored) return out;
    const auto since = static_cast<base::TimeMs>(out.restored->backup.time);
    for (const auto& [id, device] : reg->directory().directory().devices()) {
        if (device.revokedSince) continue;
        auto heard = reg->heard().find(id);
        const bool isKnown = heard != reg->heard().end();
        if (isKnown && heard->second > since) continue;
        out.silent.push_back({id, device.unit, {}});
        if (isKnown) out.silent.back().heard = heard->second;
    }
    return out;
}

Status resume(const DataFolder& folder, base::Random& random) {
    TRY(auto store, storeToWrite(folder, random));
    TRY(auto txn, store->write());
    TRY(auto contradictions, reg::contradictions(*txn));
    if (!contradictions.empty()) {
        return fail(Code::Refused,
                    "This server has signed two histories: devices hold work that it had received "
                    "and that no longer fits what it holds now. Run thongsuot-server new-epoch; "
                    "nothing is lost by that.");
    }
    CHECK_OK(reg::eraseRestored(*txn));
    return txn->commit();
}

Result<ledger::EpochStatement> newEpoch(const DataFolder& folder, const base::Clock& clock,
                                        base::Random& random, const reg::Progress& progress) {
    TRY(ServerKey key, folder.loadKey());
    auto lock = folder.lock();
    if (!lock && lock.error().code == Code::HomeBusy) {
        return fail(Code::HomeBusy, "The server runs; stop it first. Nothing was changed.");
    }
    if (!lock) return tl::unexpected(lock.error());
    TRY(auto store, folder.openStore(key, store::Access::ReadWrite, random));
    return reg::beginEpoch(*store, key.head, clock.nowMs(), progress);
}

Result<base::TimeMs> confirmClock(const DataFolder& folder, const base::Clock& clock,
                                  base::Random& random) {
    TRY(auto store, storeToWrite(folder, random));
    TRY(auto txn, store->write());
    TRY(auto held, reg::clockMark(*txn));
    TRY(auto ledgers, store::LedgerTables().all(*txn));
    reg::ClockMark mark;
    mark.wall = clock.nowMs();
    for (const auto& [scope, info] : ledgers)
        mark.arrival = std::max(mark.arrival, info.lastArrival);
    mark.number = (held ? held->number : 0) + 1;
    CHECK_OK(reg::putClockMark(*txn, mark));
    CHECK_OK(txn->commit());
    return mark.wall;
}

}  // namespace ops
