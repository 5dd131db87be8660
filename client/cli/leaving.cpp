#include "cli/leaving.h"
#include "cli/last_session.h"
#include "cli/output.h"
#include "sync/sync.h"

namespace cli {
namespace {

using base::Code;
using base::Status;
using Leaving = replica::Replica::Leaving;

/// Why a revoked device's home is still here; nothing if there is no reason.
std::string whyNotDestroyed(const replica::Replica& replica) {
    const std::uint64_t waiting = replica.pendingEntries();
    const auto former = replica.formerRecords();
    switch (replica.leaving()) {
        case Leaving::TooMuch:
            return counted(waiting, "entry waits", "entries wait") +
                   " here, more than a revoked device may leave with the province: of each ledger "
                   "it takes the first 256 entries, or 128 KiB.";
        case Leaving::Stranded: {
            const std::size_t stranded = replica.stranded().size();
            return counted(stranded, "entry", "entries") +
                   " of a copy of this device that was given up " +
                   (stranded == 1 ? "lies" : "lie") + " here and nowhere else.";
        }
        case Leaving::EarlierEpoch:
            return counted(former ? former->entries : 0, "entry", "entries") +
                   " of an earlier epoch of the server " +
                   (former && former->entries == 1 ? "waits" : "wait") +
                   " here to be put in order again.";
        case Leaving::Lacking:
            return "The server lacks what it had received from this device before; what is here "
                   "may be the only copy.";
        case Leaving::NotKept:
            if (waiting == 0)
                return "The server has not said yet that it holds what was written here.";
            return counted(waiting, "entry waits", "entries wait") +
                   " here, and the server has not said yet that it holds " +
                   (waiting == 1 ? "it." : "them.");
        case Leaving::HoldsAuthority:
            return "An authority key that is still in force lies in this home.";
        case Leaving::NotRevoked:
        case Leaving::Ready:
            break;
    }
    return {};
}

/// What its people do about it.
std::string untilDestroyed(const replica::Replica& replica) {
    switch (replica.leaving()) {
        case Leaving::TooMuch:
            return "No sync can send the rest: read it here (thongsuot task list, thongsuot task "
                   "history ID), let the office or a new device write again what still counts, "
                   "then delete this home's folder.";
        case Leaving::Stranded:
            return "Nobody can send them any more: see thongsuot audit list, tell the office what "
                   "they say, then delete this home's folder.";
        default:
            return "Its data stays here until thongsuot sync has left everything with the "
                   "province: run it again, or ask the office.";
    }
}

std::string revokedSentence(const replica::Replica& replica, bool hadWaiting) {
    const domain::Device& own = *replica.ownDevice();
    const auto at = static_cast<base::TimeMs>(replica.directory().arrivalOf(*own.revokedSince));
    return "The province revoked this device on " + base::toVietnameseTime(at) +
           "; its data was removed." +
           (hadWaiting ? " What had waited here lies with the province."
                       : " Nothing had waited here.") +
           " To work here again, enrol anew in another folder (--home).";
}

/// Where a revoked device is the founding one, and nobody has replaced its key.
base::Error errorOfAuthorityKey() {
    return {
        Code::Refused,
        "The province has revoked this device, but an authority key that is still in force lies "
        "in this home, and without it the province could never change its keys again. Nothing "
        "was removed. On another office device run thongsuot authority rotate-authority "
        "--key-out DIR --request FILE, sign the FILE here (thongsuot authority sign FILE), "
        "bring it back there (thongsuot authority submit FILE), then synchronise both."};
}

}  // namespace

std::string revokedStatus(const replica::Replica& replica) {
    const std::string why = whyNotDestroyed(replica);
    return " This device was revoked by the province. " + (why.empty() ? "" : why + " ") +
           untilDestroyed(replica);
}

base::Error leave(Home& home, replica::Replica& replica, base::Error told) {
    if (replica.leaving() == Leaving::NotKept && told.code == Code::Refused) {
        // It may have learnt only now that it is revoked; the parcel goes with another session.
        syncing::SyncReport report;
        Status again = syncing::runSession(replica, report);
        (void)again;
    }
    if (auto settled = replica.settle(); !settled) return settled.error();
    const Leaving leaving = replica.leaving();
    const bool hadWaiting = replica.pendingEntries() > 0;
    if (leaving == Leaving::Ready) return home.destroy(revokedSentence(replica, hadWaiting));
    if (leaving == Leaving::HoldsAuthority && told.code == Code::Refused) {
        told = errorOfAuthorityKey();
    } else if (leaving != Leaving::NotRevoked && told.code == Code::Refused) {
        told.message = "The province has revoked this device. " + whyNotDestroyed(replica) +
                       " Nothing was removed. " + untilDestroyed(replica);
    }
    // A disk that fails must not hide what the session said.
    (void)noteFailure(replica, home.clock(), told);
    return told;
}

}  // namespace cli
