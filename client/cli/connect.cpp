#include <fmt/format.h>
#include <chrono>
#include <thread>
#include "cli/fingerprints.h"
#include "cli/last_session.h"
#include "cli/leaving.h"
#include "cli/verbs.h"
#include "office/administration.h"
#include "office/confirm.h"
#include "replica/assignments.h"
#include "replica/receipt_export.h"
#include "sync/enrolment.h"

namespace cli {
namespace {

using base::Code;
using base::fail;

constexpr int kSessionsMax = 3;
constexpr int kDutiesMax = 2;  // more sessions: the province unit's key, the units' keys, grants
constexpr std::chrono::seconds kWatchInterval{5};
constexpr double kLockMinutesDefault = 8 * 60;  // a working day
constexpr double kLockMinutesMax = 365 * 24 * 60;

/// What a device without its unit's key waits for, and what its officer does about it.
std::string waitingText(const replica::Replica& replica) {
    if (replica.ownDevice() == nullptr) {
        return "The server has begun a new epoch, and the directory is being fetched again: run "
               "thongsuot sync.";
    }
    if (!syncing::waitsForConfirmation(replica)) {
        return "This device waits for its unit's key: the office must run thongsuot sync, then "
               "this device again.";
    }
    return fmt::format(
        "The province office must confirm this device before it gets its unit's key. Read these "
        "words to the province office by telephone; it sees the same ones:\n    {}\nOnce the "
        "office has confirmed them and synchronised, run thongsuot sync here.",
        deviceWords(replica.directory().directory(), *replica.ownDevice()));
}

/// The office's reminder of devices whose words nobody has compared yet.
Status tellWaitingDevices(const replica::Replica& replica, Answer& out) {
    if (!office::isOffice(replica)) return {};
    TRY(auto waiting, office::devicesToConfirm(replica));
    out.json["waiting_for_confirmation"] = waiting.size();
    if (waiting.empty()) return {};
    out.text += fmt::format(
        "{} for confirmation: compare the words with the officer by telephone (thongsuot "
        "authority devices), then thongsuot authority confirm DEVICE.\n",
        counted(waiting.size(), "device waits", "devices wait"));
    return {};
}

Answer enrolled(const replica::Replica& replica) {
    const domain::Directory& directory = replica.directory().directory();
    const domain::Device& device = *replica.ownDevice();
    bool ready = syncing::holdsOwnKey(replica);
    const base::Hash fingerprint = replica::rootFingerprint(directory);
    const domain::Officer& officer = device.officers.front();
    auto names = domain::roleNames(officer.roles);
    Answer out;
    out.json["unit"] = device.unit;
    out.json["officer"] = officer.name;
    out.json["role"] = names.empty() ? "" : names.front();
    out.json["device"] = device.id.hex();
    out.json["fingerprint"] = fingerprint.hex();
    out.json["words"] = domain::fingerprintWords(fingerprint);
    out.json["device_words"] = deviceWords(directory, device);
    out.json["state"] = ready ? "ready" : "waiting_for_key";
    out.json["waits_for_confirmation"] = syncing::waitsForConfirmation(replica);
    out.text = fmt::format(
        "This device now works for {} ({}) as {}, {}.\nFingerprint of the province: {}\n  in "
        "words: {}\nWords of this device: {}\n{}\n",
        directory.unit(device.unit)->name, device.unit, officer.name,
        out.json["role"].get<std::string>(), fingerprint.hex(),
        out.json["words"].get<std::string>(), out.json["device_words"].get<std::string>(),
        ready ? "It is ready." : waitingText(replica));
    return out;
}

/// What an office does once it has heard what is new; how much it wrote.
Result<std::size_t> doDuties(replica::Replica& replica) {
    CHECK_OK(replica.dropReplacedAuthorityKeys());
    TRY(office::KeysRenewed renewed, office::renewKeys(replica));
    TRY(std::size_t granted, office::grantKeys(replica));
    return renewed.made + granted;
}

/// One sync: sessions until neither side has more, with the office's duties in between.
Result<syncing::SyncReport> syncOnce(const Context& context, replica::Replica& replica) {
    syncing::SyncReport total;
    std::optional<base::Error> cut;
    int duties = 0;
    for (int i = 0; i < kSessionsMax + duties; ++i) {
        const std::uint64_t restated = replica.forkCounts().restated;
        Status one = syncing::runSession(replica, total);
        if (!one) {
            // A cut line may have been cut after much was durable: what remains is tried again at
            // once, in bounds.
            // A server that has lost something is given that back by a session that pushes nothing.
            const bool mayGiveBack = one.error().code == Code::ServerPaused && total.hadLost;
            if (mayGiveBack && i + 1 < kSessionsMax) continue;
            if (one.error().code != Code::Cut) return tl::unexpected(one.error());
            cut = one.error();
            context.progress("The connection was cut; trying again …");
            continue;
        }
        cut.reset();
        // What comes back to the server, and what was written again, goes first: the duties look at
        // what is ordered.
        if (total.hadLost || replica.forkCounts().restated > restated) continue;
        TRY(std::size_t written, doDuties(replica));
        if (written == 0 && replica.pendingEntries() == 0) break;
        if (written > 0 && duties < kDutiesMax) ++duties;
    }
    if (cut) return tl::unexpected(afterCut(*cut, "thongsuot sync"));
    return total;
}

/// Nothing, or a sentence about what the server has not ordered again.
std::string formerSentence(std::uint64_t entries) {
    if (entries == 0) return {};
    return fmt::format(
        "{} that the server had received before its new epoch {} not in order again yet; what this "
        "device holds of it is kept here.\n",
        counted(entries, "entry", "entries"), entries == 1 ? "is" : "are");
}

/// Ditto, about what it never will order.
std::string partedSentence(std::uint64_t entries) {
    if (entries == 0) return {};
    return fmt::format(
        "{} that the server had received before its new epoch {} no place in it: other work of the "
        "same device stands there. The server keeps {} apart, this device too, until the one that "
        "wrote {} has synchronised and written {} again.\n",
        counted(entries, "entry", "entries"), entries == 1 ? "has" : "have",
        entries == 1 ? "it" : "them", entries == 1 ? "it" : "them", entries == 1 ? "it" : "them");
}

/// Nothing, or a sentence that says where to look.
std::string conflictsSentence(std::size_t conflicts) {
    if (conflicts == 0) return {};
    return fmt::format(
        "{} {} several values that exclude each other: see CONFLICT in thongsuot task list.\n",
        counted(conflicts, "assignment"), conflicts == 1 ? "holds" : "hold");
}

/// Ditto, of a server that seems to show different histories.
std::string splitViewsSentence(std::size_t count) {
    if (count == 0) return {};
    return fmt::format(
        "{} written by somebody who saw another history of the same ledger: the server may show "
        "different things to different people. Tell the office; see thongsuot audit list.\n",
        count == 1 ? std::string("1 entry was") : fmt::format("{} entries were", count));
}

/// What a person must know of a fork that this sync has met, or finished with.
std::string forkSentence(const replica::Replica::ForkCounts& forks) {
    if (!forks.any()) return {};
    std::string out =
        "This device's data had been put back from a backup or copied, and another copy of it has "
        "worked too: this copy goes on under a name of its own.";
    if (forks.restated > 0)
        out += fmt::format(" {} written again.", counted(forks.restated, "act was", "acts were"));
    if (forks.received > 0)
        out += fmt::format(" {} arrived already.", counted(forks.received, "act had", "acts had"));
    if (forks.kept > 0) {
        out += fmt::format(" {} could not be written again and {} kept: see thongsuot audit list.",
                           counted(forks.kept, "act"), forks.kept == 1 ? "is" : "are");
    }
    return out +
           " Nothing was lost. If nobody here has copied it or put it back, tell the office.\n";
}

/// What of a fork still needs somebody; nothing once all is well.
std::string strandedSentence(std::uint64_t waiting, std::uint64_t notRestated) {
    std::string out;
    if (waiting > 0) {
        out = fmt::format(
            "This device's data had been put back from a backup or copied: {} with the next "
            "sync.\n",
            counted(waiting, "act is written again", "acts are written again"));
    }
    if (notRestated > 0) {
        out += fmt::format(
            "{} could not be written again after this device's data had been put back or copied: "
            "see "
            "thongsuot audit list.\n",
            counted(notRestated, "act"));
    }
    return out;
}

Result<Answer> answerOf(const syncing::SyncReport& r, const replica::Replica& replica,
                        const replica::Replica::ForkCounts& forks,
                        std::optional<std::size_t> conflicts) {
    Answer out;
    std::uint64_t pending = replica.pendingEntries();
    out.json = Json{{"entries_up", r.entries.entriesUp},
                    {"entries_down", r.entries.entriesDown},
                    {"bytes_up", r.traffic.bytesUp},
                    {"bytes_down", r.traffic.bytesDown},
                    {"turns", r.traffic.turns},
                    {"pending", pending},
                    {"returned", r.entries.entriesReturned}};
    if (conflicts) out.json["conflicts"] = *conflicts;
    out.json["forked"] = forks.any();
    out.json["restated"] = forks.restated;
    out.json["not_restated"] = forks.kept;
    bool ready = syncing::holdsOwnKey(replica);
    out.json["state"] = ready ? "ready" : "waiting_for_key";
    std::string state = pending == 0
                            ? "Everything written here is with the province."
                            : counted(pending, "entry", "entries") +
                                  (pending == 1 ? " still waits" : " still wait") + " to be sent.";
    out.text = fmt::format("Sent {} ({} bytes), received {} ({} bytes). {}\n",
                           counted(r.entries.entriesUp, "entry", "entries"), r.traffic.bytesUp,
                           r.entries.entriesDown, r.traffic.bytesDown, state);
    if (r.entries.entriesReturned > 0 && !r.epoch) {
        out.text += fmt::format(
            "The server had lost {} that it had signed for; this device has given back what it "
            "holds of it. Tell the office.\n",
            counted(r.entries.entriesReturned, "entry", "entries"));
    }
    out.json["new_epoch"] = r.epoch ? Json(*r.epoch) : Json();
    if (r.epoch) {
        out.text += fmt::format(
            "The server had signed two histories after it was put back, and goes on with one of "
            "them: epoch {}. {} Nothing is lost.\n",
            *r.epoch,
            r.entries.entriesReturned == 0
                ? std::string("It lacks nothing that this device held of the other.")
                : "What this device held of the other was sent to it again: " +
                      counted(r.entries.entriesReturned, "entry", "entries") + ".");
    }
    TRY(const auto former, replica.formerRecords());
    out.json["earlier_epoch"] = former.entries;
    out.json["earlier_epoch_apart"] = former.apart;
    out.text += formerSentence(former.entries) + partedSentence(replica.partedEntries());
    out.json["waits_for_confirmation"] = syncing::waitsForConfirmation(replica);
    out.text += forkSentence(forks) + conflictsSentence(conflicts.value_or(0));
    if (!ready) out.text += waitingText(replica) + "\n";
    CHECK_OK(tellWaitingDevices(replica, out));
    return out;
}

/// What a ledger waits for that was received and is not shown yet.
std::string whyUnread(const replica::LedgerStatus& ledger) {
    if (ledger.waitsFor == Code::Unsupported) return "needs a newer program: upgrade this one";
    if (ledger.waitsFor == Code::Io) return "disk full: make room, then repeat";
    return "waits for a key";
}

/// The directory first, then the office, then the units by code.
void sortByUnit(std::vector<replica::LedgerStatus>& scopes, const domain::Directory& directory) {
    auto place = [&](const replica::LedgerStatus& s) {
        const domain::Unit* unit = directory.unitOfScope(s.scope);
        if (unit == nullptr)
            return std::pair(s.scope == directory.directoryScopeId() ? 0 : 3, std::string());
        return std::pair(directory.isProvinceUnit(unit->code) ? 1 : 2, unit->code);
    };
    std::stable_sort(scopes.begin(), scopes.end(),
                     [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

Result<syncing::SyncReport> syncOrLeave(const Context& context, Home& home,
                                        replica::Replica& replica) {
    auto done = syncOnce(context, replica);
    if (done) {
        CHECK_OK(clearFailure(replica));
        return done;
    }
    return tl::unexpected(leave(home, replica, done.error()));
}

std::string whenLocked(double minutes) {
    if (minutes <= 0) return {};
    return fmt::format(
        " After {:g} minutes in which nothing was exchanged it ends, and the home is locked "
        "(--lock-after).",
        minutes);
}

/// The watch ends, and with it nobody holds the keys.
Answer lockedAnswer() {
    Answer out;
    out.json["locked"] = true;
    out.text =
        "Nothing was exchanged for long: the home is locked. To go on, run thongsuot sync --watch "
        "again.\n";
    return out;
}

/// One round of a watch.
Result<Answer> watchRound(const Context& context, Home& home, bool& exchanged) {
    CHECK_OK(home.resume());
    TRY(replica::Replica * replica, home.replica());
    TRY(syncing::SyncReport report, syncOrLeave(context, home, *replica));
    CHECK_OK(replica->settle());
    exchanged = report.entries.entriesUp + report.entries.entriesDown > 0;
    auto before = lastSync(*replica);
    if (exchanged || !before || home.clock().nowMs() - *before > kSessionNoteMs)
        CHECK_OK(noteSync(*replica, home.clock()));
    std::optional<std::size_t> conflicts;  // an idle round looks through no rows
    if (exchanged) {
        TRY(conflicts, replica::countConflicts(*replica));
    }
    TRY(Answer out, answerOf(report, *replica, replica->forkCounts(), conflicts));
    CHECK_OK(tellQueue(*replica, out));
    return out;
}

/// What the next round of a watch may find otherwise.
bool mayPass(Code code) {
    return code == Code::Unreachable || code == Code::Cut || code == Code::HomeBusy ||
           code == Code::ServerPaused;
}

/// The answer of a round as one line, with its time.
Result<Answer> lineOf(Result<Answer> round, Format format, const base::Clock& clock) {
    if (format == Format::Scripts) return round;
    std::string time = base::toVietnameseTime(clock.nowMs()) + "  ";
    if (!round) return fail(round.error().code, time + sentence(round.error().message));
    std::string line = round->text;
    while (!line.empty() && line.back() == '\n') line.pop_back();
    std::replace(line.begin(), line.end(), '\n', ' ');
    round->text = time + line + "\n";
    return round;
}

enum class Begun { Nothing, Same, Other };

/// What an unfinished home was about: the same code goes on with an enrolment that was cut off,
/// another starts anew, if nobody can have taken the first one's keys for a device of the province.
Result<Begun> whatBegan(const replica::Replica* replica, const domain::InvitationKeys& keys) {
    if (replica == nullptr) return Begun::Nothing;
    TRY(std::optional<Bytes> number, replica->setting(kInvitation));
    TRY(std::optional<Bytes> recovery, replica->setting(kRecovery));
    if (recovery) {
        return fail(Code::InvalidInput,
                    "This home holds the recovery of an office: go on with thongsuot authority "
                    "recover, or choose another folder with --home.");
    }
    if (!number) {
        return fail(Code::InvalidInput,
                    "This home holds the founding of a province that was cut off, with its keys: "
                    "run thongsuot authority init again with the same token, or choose another "
                    "folder with --home.");
    }
    if (*number == base::copy(keys.number.view())) return Begun::Same;
    if (syncing::isIntroduced(*replica)) {
        return fail(Code::InvalidInput,
                    "The server has already taken this home's device in with another code: run "
                    "thongsuot enrol again with that code, or choose another folder with --home.");
    }
    return Begun::Other;
}

}  // namespace

Result<Answer> enrol(const Context& context, const std::string& invite, const std::string& server) {
    TRY(const crypto::SecretBytes code, secretArgument(invite));
    TRY(domain::Invitation invitation, domain::Invitation::parse(base::trim(code.text())));
    std::string address;
    if (!server.empty()) {
        TRY(address, transport::parseServerAddress(server));
    }
    TRY(auto home, context.openOrCreateHome());
    domain::InvitationKeys keys = domain::InvitationKeys::derive(invitation.secret);
    TRY(replica::Replica * replica, home->unfinishedReplica());
    TRY(const Begun before, whatBegan(replica, keys));
    const bool begun = before == Begun::Same;
    if (begun && !address.empty()) CHECK_OK(replica->setServer(address));
    if (!begun) {
        if (invitation.expiry != 0 && invitation.expiry < home->clock().nowMs()) {
            return fail(Code::InvitationExpired,
                        fmt::format("This invitation expired on {} by this machine's clock. Check "
                                    "the clock, or ask "
                                    "the office for a new one.",
                                    base::toVietnameseTime(invitation.expiry)));
        }
        auto joining = syncing::prepareJoining(invitation, address, home->random());
        if (!joining)
            return tl::unexpected(afterCut(joining.error(), "the same thongsuot enrol command"));
        if (before == Begun::Other) CHECK_OK(home->discardReplica());
        TRY(replica, home->createReplica({joining->identity,
                                          joining->change,
                                          {{kInvitation, base::copy(keys.number.view())}}}));
    }
    context.progress("Introducing this device to " + replica->identity().serverAddress + " …");
    if (auto done = syncing::completeJoining(*replica, keys, home->random()); !done) {
        // The keys are given up only where they can be of no use: nothing was sent yet, or the
        // verdict is final.
        Code verdict = done.error().code;
        bool isFinal = verdict == Code::InvitationUsed || verdict == Code::InvitationExpired ||
                       verdict == Code::BadSignature;
        bool wasNotTaken = verdict == Code::Unreachable || verdict == Code::Refused;
        bool mayBeKnown = begun || syncing::isIntroduced(*replica);
        if (isFinal || (wasNotTaken && !mayBeKnown)) CHECK_OK(home->discardReplica());
        return tl::unexpected(afterCut(done.error(), "the same thongsuot enrol command"));
    }
    CHECK_OK(noteSync(*replica, home->clock()));
    TRY(const store::RecoveryCode recovery, home->makeRecoveryCode());
    CHECK_OK(home->finishEnrolment());  // last: until then the same command can be run again
    Answer out = enrolled(*replica);
    addRecoveryCode(out, recovery);
    return out;
}

Result<Answer> sync(const Context& context) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(syncing::SyncReport report, syncOrLeave(context, *home, *replica));
    CHECK_OK(replica->settle());
    CHECK_OK(noteSync(*replica, home->clock()));
    TRY(std::size_t conflicts, replica::countConflicts(*replica));
    TRY(std::size_t splitViews, replica->splitViews());
    TRY(Answer out, answerOf(report, *replica, replica->forkCounts(), conflicts));
    out.json["split_views"] = splitViews;
    out.text += splitViewsSentence(splitViews);
    CHECK_OK(tellQueue(*replica, out));
    return out;
}

Result<Answer> syncWatch(const Context& context, std::optional<double> lockAfterMinutes) {
    if (lockAfterMinutes && !(*lockAfterMinutes >= 0 && *lockAfterMinutes <= kLockMinutesMax))
        return fail(Code::Usage, "--lock-after takes 0 (never) to 525600 minutes.");
    TRY(auto home, context.openHome());
    CHECK_OK(home->replica());
    // A service that was given a key file goes on for ever; a person may have gone home.
    const double minutes =
        lockAfterMinutes.value_or(context.keyFile.empty() ? kLockMinutesDefault : 0);
    const auto patience = static_cast<std::int64_t>(minutes * 60'000);
    context.progress(fmt::format("Synchronising every {} seconds; press Ctrl+C to end.{}",
                                 kWatchInterval.count(), whenLocked(minutes)));
    std::int64_t quietSince = home->clock().monotonicMs();
    while (true) {
        bool exchanged = false;
        Result<Answer> round = watchRound(context, *home, exchanged);
        home->pause();
        if (!round && !mayPass(round.error().code)) return round;
        const std::int64_t now = home->clock().monotonicMs();
        if (exchanged) quietSince = now;
        if (patience > 0 && now - quietSince >= patience) return lockedAnswer();
        print(lineOf(std::move(round), context.format(), home->clock()), context.format());
        std::this_thread::sleep_for(kWatchInterval);
    }
}

base::Error afterCut(base::Error error, const std::string& command) {
    if (error.code != Code::Cut) return error;
    constexpr std::string_view kGeneral = " Nothing is lost; try again.";
    if (error.message.ends_with(kGeneral))
        error.message.resize(error.message.size() - kGeneral.size());
    return {Code::Cut, sentence(error.message) + " Nothing is lost: run " + command + " again."};
}

Result<Answer> status(const Context& context) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(auto scopes, replica->status());
    const domain::Directory& directory = replica->directory().directory();
    sortByUnit(scopes, directory);
    bool revoked = syncing::isRevoked(*replica);
    Answer out;
    TextTable table({"UNIT", "ENTRIES", "WAITING", "STATE"});
    out.json["scopes"] = Json::array();
    for (const replica::LedgerStatus& s : scopes) {
        const domain::Unit* unit = directory.unitOfScope(s.scope);
        Json one;
        one["scope"] = s.scope.hex();
        one["unit"] = unit == nullptr ? Json() : Json(unit->code);
        one["epoch"] = s.epoch;
        one["size"] = s.size;
        one["root"] = s.root.hex();
        one["state_digest"] = s.stateDigest ? Json(s.stateDigest->hex()) : Json();
        one["pending"] = s.pending;
        out.json["scopes"].push_back(one);
        if (s.size == 0 && s.pending == 0) continue;
        table.add({unit == nullptr ? "(directory)" : unit->code + " " + unit->name,
                   std::to_string(s.size), std::to_string(s.pending),
                   s.stateDigest ? s.stateDigest->hex().substr(0, 12) : whyUnread(s)});
    }
    TRY(std::size_t conflicts, replica::countConflicts(*replica));
    TRY(std::size_t splitViews, replica->splitViews());
    bool ready = syncing::holdsOwnKey(*replica);
    out.json["split_views"] = splitViews;
    out.json["state"] = ready ? "ready" : "waiting_for_key";
    out.json["waits_for_confirmation"] = syncing::waitsForConfirmation(*replica);
    out.json["revoked"] = revoked;
    out.json["conflicts"] = conflicts;
    out.json["device"] = replica->identity().device.hex();
    out.json["device_words"] = deviceWords(replica->identity());
    out.json["server"] = replica->identity().serverAddress;
    std::uint64_t stranded = 0;
    std::uint64_t notRestated = 0;
    for (const auto& [ordinal, one] : replica->stranded())
        ++(one.kept.empty() ? stranded : notRestated);
    TRY(const auto former, replica->formerRecords());
    out.json["earlier_epoch"] = former.entries;
    out.json["earlier_epoch_apart"] = former.apart;
    out.json["incarnations"] = replica->formerIncarnations() + 1;
    out.json["stranded"] = stranded;
    out.json["not_restated"] = notRestated;
    auto last = lastSync(*replica);
    out.json["last_sync"] = last ? Json(base::toIsoTime(*last)) : Json();
    const auto failure = lastFailure(*replica);
    out.json["last_failure"] = Json();
    if (failure) {
        out.json["last_failure"] =
            Json{{"at", base::toIsoTime(failure->at)}, {"message", failure->sentence}};
    }
    out.text = fmt::format(
        "Device {} · words {}\nServer {} · last synchronised {}\n{}Waiting to be sent: "
        "{}.{}\n{}\n{}",
        replica->identity().device.hex(), out.json["device_words"].get<std::string>(),
        replica->identity().serverAddress, last ? base::toVietnameseTime(*last) : "never",
        failure ? fmt::format("The last attempt, on {}, did not succeed: {}\n",
                              base::toVietnameseTime(failure->at), failure->sentence)
                : "",
        counted(replica->pendingEntries(), "entry", "entries"),
        revoked ? revokedStatus(*replica)
        : ready ? ""
                : "\n" + waitingText(*replica),
        strandedSentence(stranded, notRestated) + formerSentence(former.entries) +
            partedSentence(former.apart) + conflictsSentence(conflicts) +
            splitViewsSentence(splitViews),
        table.text(40, 20));
    CHECK_OK(tellWaitingDevices(*replica, out));
    CHECK_OK(tellQueue(*replica, out));
    return out;
}

}  // namespace cli
