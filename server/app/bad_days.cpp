#include "app/bad_days.h"

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/system_clock.h"
#include "base/time.h"
#include "ops/restore.h"
#include "register/register.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

/// A line on stderr every two seconds, so that a short work says nothing.
reg::Progress progressOnStderr() {
    using Clock = std::chrono::steady_clock;
    auto told = std::make_shared<Clock::time_point>(Clock::now());
    return [told](std::uint64_t done, std::uint64_t all) {
        if (Clock::now() - *told < std::chrono::seconds(2)) return;
        *told = Clock::now();
        std::cerr << "Checked " << done << " of " << all << " entries.\n";
    };
}

std::string timeOf(std::uint64_t ms) {
    return base::toIsoTime(static_cast<base::TimeMs>(ms));
}

void describe(const ledger::Watermark& mark, Json& document, Answer& answer) {
    document["province"] = nullptr;
    if (!mark.province.isZero()) document["province"] = mark.province.hex();
    document["backup_time"] = timeOf(mark.time);
    document["ledgers"] = mark.ledgers.size();
    document["entries"] = mark.entries();
    answer.text += "  taken:    " + timeOf(mark.time) +
                   "\n  ledgers:  " + std::to_string(mark.ledgers.size()) +
                   "\n  entries:  " + std::to_string(mark.entries()) + "\n";
}

/// Above the devices that were not heard.
std::string headOf(const ops::Recovery& recovery) {
    const reg::Restored& mark = *recovery.restored;
    std::string how;
    switch (mark.cause) {
        case reg::RestoredCause::Backup:
            how = "was put back from the backup of " + timeOf(mark.backup.time);
            break;
        case reg::RestoredCause::FoundOut:
            how = "has learnt on " + base::toIsoTime(mark.at) +
                  " that it lacks work which it had signed; the newest that it held then is of " +
                  timeOf(mark.backup.time);
            break;
        case reg::RestoredCause::Nothing:
            how = "had nothing but its keys on " + base::toIsoTime(mark.at);
            break;
    }
    return "This server " + how + ".\n" +
           (recovery.silent.empty() ? "Every device was heard since then.\n"
                                    : "Not heard since then:\n");
}

const char* reasonOf(reg::FormerReason why) {
    switch (why) {
        case reg::FormerReason::Forked:
            return "earlier_epoch_forked";
        case reg::FormerReason::Gap:
            return "earlier_epoch_gap";
        case reg::FormerReason::Unsealed:
            break;
    }
    return "earlier_epoch_unknown_device";
}

const char* reasonOf(reg::QuarantineReason why) {
    return why == reg::QuarantineReason::Revoked ? "revoked" : "no_right";
}

}  // namespace

Result<Answer> backup(const ops::DataFolder& folder, const store::Path& out) {
    crypto::SystemRandom random;
    base::SystemClock clock;
    TRY(ops::BackupReport report, ops::backup(folder, out, clock, random, progressOnStderr()));
    Answer answer;
    Json document;
    document["file"] = out.string();
    answer.text = "The backup '" + out.string() +
                  "' is whole and durable; every ledger in it was "
                  "checked from its first entry to its last.\n";
    describe(report.watermark, document, answer);
    document["bytes"] = report.fileBytes;
    answer.text += "It is encrypted with a key that is not in it: without a copy of '" +
                   folder.keyFile().string() +
                   "' it cannot be restored. Keep that copy apart from the backups, and in a safe "
                   "place.\n";
    answer.json = toText(document);
    return answer;
}

Result<Answer> restore(const ops::DataFolder& folder, const store::Path& from,
                       const store::Path& key) {
    crypto::SystemRandom random;
    base::SystemClock clock;
    TRY(ledger::Watermark mark, ops::restore(folder, from, key, clock, random, progressOnStderr()));
    Answer answer;
    Json document;
    document["state"] = "recovering";
    answer.text = "The server is in '" + folder.path().string() + "' again, as it was backed up.\n";
    describe(mark, document, answer);
    answer.text +=
        "Never let the old server run again beside it. This one serves what it has and takes no "
        "new work yet: start it, let the devices synchronise, look with `thongsuot-server resume "
        "--data " +
        folder.path().string() + "` who is still missing, and end the recovery with --yes there.\n";
    answer.json = toText(document);
    return answer;
}

Result<Answer> resume(const ops::DataFolder& folder, Resume what) {
    crypto::SystemRandom random;
    base::SystemClock clock;
    TRY(ops::Recovery recovery, ops::recovery(folder, clock, random));
    const bool isRecovering = recovery.restored.has_value();
    const bool isEnded = isRecovering && what == Resume::Now;
    if (isEnded) CHECK_OK(ops::resume(folder, random));
    Answer answer;
    Json document;
    document["state"] = isRecovering && !isEnded ? "recovering" : "ready";
    const bool isFromBackup =
        isRecovering && recovery.restored->cause == reg::RestoredCause::Backup;
    document["backup_time"] = nullptr;
    if (isFromBackup) document["backup_time"] = timeOf(recovery.restored->backup.time);
    document["two_histories"] = !recovery.contradictions.empty();
    document["not_heard"] = Json::array();
    if (!isRecovering)
        answer.text = "This server does not recover: it lacks nothing it knows of.\n";
    for (const ops::SilentDevice& device : recovery.silent) {
        Json one{{"device", device.id.hex()}, {"unit", device.unit}, {"last_heard", nullptr}};
        if (device.heard) one["last_heard"] = base::toIsoTime(*device.heard);
        answer.text += "  " + device.id.hex() + "  " + device.unit + "  last heard: " +
                       (device.heard ? base::toIsoTime(*device.heard) : "never") + "\n";
        document["not_heard"].push_back(std::move(one));
    }
    if (isRecovering) {
        answer.text = headOf(recovery) + answer.text;
        if (isEnded) {
            answer.text +=
                "The recovery has ended: the server takes new work again. Should a "
                "device that comes later hold more that was lost, the server stops "
                "again until it has that back, and wants this once more.\n";
        } else if (!recovery.contradictions.empty()) {
            answer.text +=
                "It has signed two histories meanwhile, so this cannot end the "
                "recovery: see thongsuot-server new-epoch.\n";
        } else {
            answer.text +=
                "What a device has sent and nobody gives back is missing. Run this "
                "again with --yes to take new work again.\n";
        }
    }
    answer.json = toText(document);
    return answer;
}

Result<Answer> newEpoch(const ops::DataFolder& folder, Resume what) {
    crypto::SystemRandom random;
    base::SystemClock clock;
    Answer answer;
    Json document;
    if (what == Resume::Now) {
        TRY(ledger::EpochStatement statement,
            ops::newEpoch(folder, clock, random, progressOnStderr()));
        std::uint64_t entries = 0;
        for (const auto& kept : statement.ledgers) entries += kept.size;
        document["state"] = "ready";
        document["epoch"] = statement.epoch;
        document["previous"] = statement.previous;
        document["ledgers"] = statement.ledgers.size();
        document["entries"] = entries;
        answer.text = "Epoch " + std::to_string(statement.epoch) + " has begun with " +
                      std::to_string(entries) + " entries in " +
                      std::to_string(statement.ledgers.size()) +
                      " ledgers, all checked.\nStart the server and let the devices synchronise: "
                      "what they hold of the other history is ordered again behind that, with the "
                      "time at which the server had it first. Receipts of before stay valid.\nTake "
                      "a new backup now: one from before this epoch would lead here again.\n";
        answer.json = toText(document);
        return answer;
    }
    TRY(ops::Recovery recovery, ops::recovery(folder, clock, random));
    document["state"] = recovery.contradictions.empty() ? "one_history" : "two_histories";
    document["contradicted"] = Json::array();
    for (const auto& [scope, head] : recovery.contradictions) {
        document["contradicted"].push_back(Json{{"scope", scope.hex()},
                                                {"epoch", head.epoch},
                                                {"size", head.size},
                                                {"root", head.root.hex()},
                                                {"signed_at", timeOf(head.time)}});
        answer.text += "  " + scope.hex() + "  " + std::to_string(head.size) + " entries, signed " +
                       timeOf(head.time) + "\n";
    }
    answer.text =
        recovery.contradictions.empty()
            ? "This server has signed one history, as far as its devices have shown: it "
              "needs no new epoch.\n"
            : "This server has signed two histories. Devices hold, under its signature:\n" +
                  answer.text +
                  "Stop it and run this again with --yes: it goes on with what it holds, "
                  "and what devices hold of the other history is ordered again behind "
                  "that. Nothing is lost by it.\n";
    answer.json = toText(document);
    return answer;
}

Result<Answer> confirmClock(const ops::DataFolder& folder) {
    crypto::SystemRandom random;
    base::SystemClock clock;
    TRY(base::TimeMs wall, ops::confirmClock(folder, clock, random));
    Answer answer;
    answer.json = toText(Json{{"confirmed_at", base::toIsoTime(wall)}});
    answer.text = "Confirmed: it is " + base::toIsoTime(wall) +
                  ". If that is wrong, set the clock right and run this again before any device "
                  "comes.\n";
    return answer;
}

Result<Answer> listQuarantine(const ops::DataFolder& folder) {
    crypto::SystemRandom random;
    base::SystemClock clock;
    TRY(ops::ServerKey key, folder.loadKey());
    TRY(auto store, folder.openStore(key, store::Access::ReadOnly, random));
    TRY(auto reg, reg::Register::open(*store, clock, key.head));
    const domain::Directory& directory = reg->directory().directory();
    Answer answer;
    Json document = Json::array();
    auto add = [&](const ledger::ChainId& chain, const auto& item) {
        const domain::Device* device = directory.device(chain.device);
        const domain::Unit* unit = directory.unitOfScope(chain.scope);
        const std::string of = device == nullptr ? std::string() : device->unit;
        Json one;
        one["device"] = chain.device.hex();
        one["unit"] = device == nullptr ? Json() : Json(of);
        one["scope"] = chain.scope.hex();
        one["scope_unit"] = unit == nullptr ? Json() : Json(unit->code);
        one["first_seq"] = item.firstSeq;
        one["count"] = item.count;
        one["bytes"] = item.bytes;
        one["when"] = base::toIsoTime(item.at);
        one["why"] = reasonOf(item.why);
        document.push_back(std::move(one));
        answer.text += base::toIsoTime(item.at) + "  " + chain.device.hex() + " of " + of + ": " +
                       std::to_string(item.count) + " entries from number " +
                       std::to_string(item.firstSeq) + " for " +
                       (unit == nullptr ? chain.scope.hex() : unit->code) + ", " +
                       std::to_string(item.bytes) + " bytes (" + reasonOf(item.why) + ")\n";
    };
    for (const auto& [chain, item] : reg->quarantined()) add(chain, item);
    TRY(auto txn, store->read());
    TRY(auto former, reg::formerKept(*txn));
    for (const reg::FormerKept& item : former) add(item.chain, item);
    answer.text += document.empty()
                       ? "Nothing lies in the quarantine.\n"
                       : "The office decides about them (thongsuot office queue). This server "
                         "cannot read what it decides, and keeps them afterwards, too.\n";
    answer.json = toText(document);
    return answer;
}

}  // namespace app
