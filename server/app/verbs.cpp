#include "app/verbs.h"

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/system_clock.h"
#include "base/time.h"
#include "domain/names.h"
#include "ops/health.h"
#include "transport/endpoint.h"

namespace app {
namespace {

using base::Code;
using base::fail;

Status checkAddress(const std::string& address) {
    if (address.empty()) return {};
    auto parsed = transport::parseServerAddress(address);
    return parsed ? Status() : fail(Code::Usage, "--public: " + parsed.error().message);
}

std::string readableBytes(std::uint64_t bytes) {
    constexpr std::array<const char*, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) return std::to_string(bytes) + " bytes";
    std::size_t unit = 0;
    while (unit + 1 < kUnits.size() && (bytes >> (10 * (unit + 2))) > 0) ++unit;
    std::uint64_t tenths = (bytes >> (10 * unit)) * 10 / 1024;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + kUnits[unit];
}

}  // namespace

Result<Answer> init(const ops::DataFolder& folder, const std::string& publicAddress) {
    CHECK_OK(checkAddress(publicAddress));
    crypto::SystemRandom random;
    TRY(ops::ServerKey key, folder.initialise(random));
    std::string token = key.token(publicAddress).code();
    std::string words = domain::fingerprintWords(key.fingerprint());
    std::string hex = key.fingerprint().hex();
    nlohmann::ordered_json document{{"bootstrap_token", token}, {"fingerprint", words + " " + hex}};
    Answer answer;
    answer.json = toText(document);
    answer.text = "The data folder '" + folder.path().string() +
                  "' is ready; keep a copy of its file server.key in a safe place.\n"
                  "Fingerprint of the server's keys\n"
                  "  in words:  " +
                  words +
                  "\n"
                  "  in digits: " +
                  hex +
                  "\n"
                  "Bootstrap token, for `thongsuot authority init`; give it to nobody else:\n" +
                  token + "\n";
    return answer;
}

Result<Answer> rotateKey(const ops::DataFolder& folder) {
    crypto::SystemRandom random;
    base::SystemClock clock;
    TRY(ops::Health health, ops::health(folder, clock, random));
    if (!health.province) {
        return fail(
            Code::NotFound,
            "No province lives on this server yet, so nobody could sign for new keys. Found "
            "one first, with thongsuot authority init.");
    }
    TRY(ops::ServerKey key, folder.loadKey());
    TRY(ops::ServerKey next, folder.makeNextKey(key, random));
    std::string token =
        domain::RotationToken{*health.province, next.noise.publicKey, next.head.publicKey}.code();
    std::string words = domain::fingerprintWords(next.fingerprint());
    std::string hex = next.fingerprint().hex();
    nlohmann::ordered_json document{{"rotation_token", token}, {"fingerprint", words + " " + hex}};
    Answer answer;
    answer.json = toText(document);
    answer.text =
        "New keys lie beside the old ones, which serve until the province has signed for the new "
        "ones.\n"
        "Fingerprint of the new keys\n"
        "  in words:  " +
        words +
        "\n"
        "  in digits: " +
        hex +
        "\n"
        "At the office, run thongsuot authority rotate-server with this token, then thongsuot "
        "sync; this server then takes the new keys into use by itself and erases the old ones. "
        "Afterwards keep a new copy of its file server.key in a safe place.\n" +
        token + "\n";
    return answer;
}

Result<Answer> health(const ops::DataFolder& folder, bool isCheck) {
    crypto::SystemRandom random;
    base::SystemClock clock;
    TRY(ops::Health health, ops::health(folder, clock, random));
    nlohmann::ordered_json document;
    document["running"] = health.isRunning;
    document["province"] = nullptr;
    if (health.province) document["province"] = health.province->hex();
    document["province_name"] = nullptr;
    if (health.province) document["province_name"] = health.provinceName;
    document["ledgers"] = health.ledgers;
    document["entries"] = health.entries;
    document["last_arrival"] = nullptr;
    if (health.lastArrival) document["last_arrival"] = base::toIsoTime(*health.lastArrival);
    document["devices"] = health.devices;
    document["units"] = health.units;
    document["free_bytes"] = health.freeBytes;
    document["store_bytes"] = health.storeBytes;
    const bool isRecovering = health.restored.has_value();
    const bool isContradicted = health.contradicted > 0;
    document["state"] = isContradicted          ? "two_histories"
                        : isRecovering          ? "recovering"
                        : health.isClockInDoubt ? "clock_in_doubt"
                        : health.isDiskFull     ? "disk_full"
                                                : "ready";
    const bool isFromBackup = isRecovering && health.restored->cause == reg::RestoredCause::Backup;
    document["recovers_since"] = nullptr;
    document["backup_time"] = nullptr;
    if (isRecovering) document["recovers_since"] = base::toIsoTime(health.restored->at);
    if (isFromBackup) {
        document["backup_time"] =
            base::toIsoTime(static_cast<base::TimeMs>(health.restored->backup.time));
    }
    document["clock_in_doubt"] = health.isClockInDoubt;
    document["disk_full"] = health.isDiskFull;
    document["quarantined"] = health.quarantined;
    document["epoch"] = health.epoch;
    document["contradicted"] = health.contradicted;
    document["earlier_epoch_kept"] = health.formerKept;

    Answer answer;
    answer.json = toText(document);
    const bool takesWork = document["state"] == "ready";
    const bool isWell = health.isRunning && takesWork;
    if (isCheck && !isWell) answer.exit = kFailed;
    auto line = [&](const std::string& label, const std::string& value) {
        std::string padded = label + ":";
        padded.resize(15, ' ');
        answer.text += padded + value + "\n";
    };
    line("Server", !health.isRunning ? "not running"
                   : takesWork       ? "running"
                                     : "running, takes no new work");
    line("Province", health.province ? health.provinceName + " (" + health.province->hex() + ")"
                                     : "none yet: run `thongsuot authority init`");
    line("Ledgers", std::to_string(health.ledgers));
    line("Entries", std::to_string(health.entries));
    line("Last arrival", health.lastArrival ? base::toIsoTime(*health.lastArrival) : "never");
    line("Devices", std::to_string(health.devices));
    line("Units", std::to_string(health.units));
    line("Free disk", readableBytes(health.freeBytes));
    line("Store", readableBytes(health.storeBytes));
    line("Quarantine", health.quarantined == 0
                           ? "empty"
                           : std::to_string(health.quarantined) +
                                 " chains kept for the office: see `quarantine list`");
    if (health.epoch > 0) line("Epoch", std::to_string(health.epoch));
    if (health.formerKept > 0) {
        line("Kept apart", std::to_string(health.formerKept) +
                               " records of an earlier epoch: see `quarantine list`");
    }
    if (isContradicted) {
        line("Histories", "two were signed of " + std::to_string(health.contradicted) +
                              " ledgers; takes no new work: see `new-epoch`");
    }
    if (isRecovering && !isContradicted) {
        line("Recovering",
             (isFromBackup ? "from the backup of " + document["backup_time"].get<std::string>()
                           : "since " + document["recovers_since"].get<std::string>() +
                                 ": a device holds work that this server had signed and lacks") +
                 "; takes no new work: see `resume`");
    }
    if (health.isClockInDoubt)
        line("Clock", "in doubt, takes no new work: set it right, then `confirm-clock`");
    if (health.isDiskFull) line("Disk", "full, takes no new work: make room");
    return answer;
}

}  // namespace app
