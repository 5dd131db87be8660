#pragma once
// What a campaign reached and which faults it met. A zero over a whole campaign means that the
// simulator no longer tests what it says.

#include <array>
#include <cstdint>
#include <string_view>

namespace sim {

enum class Count : std::uint8_t {
    EntriesWritten,
    SessionsOfManyPushes,
    SessionsFinished,
    SessionsSame,
    SessionsPushingBehindHello,
    SessionsWithDigest,
    SessionsResumed,
    CommitsOfManySessions,
    OwnRecordsAsReferences,
    RecordsAsBytes,
    WaitingForKey,
    ConflictsSeen,
    ConflictsResolved,
    CompletionsSigned,
    OverlappingSegments,
    CutsUp,
    CutsDown,
    LinesFlipped,
    LinesDoubled,
    LinesSwapped,
    LinesDropped,
    TamperingFoundByServer,
    TamperingFoundByClient,
    ClientCrashes,
    ClientCrashesInSession,
    ClientCommitsLost,
    ClientCommitsKept,
    ServerCrashes,
    ServerCommitsLost,
    ServerCommitsKept,
    WrongClocks,
    RogueProvinceField,
    RogueFork,
    RogueWrongPrev,
    RogueDamaged,
    RogueOtherUnit,
    RogueRule,
    RogueUnknownKind,
    RoguePlain,
    RogueFutureKey,
    RogueDictionary,
    RogueOtherDevice,
    RogueGap,
    RogueForgedStatement,
    RogueCopiedStatement,
    RogueOthersStatement,
    RogueUnsignedCompletion,
    RogueRevokedSession,
    RogueRevokedPush,
    UsedInvitationsRefused,
    SessionsReplayed,
    BatchesReplayed,
    Revocations,
    RevokedRefused,
    ParcelsSeen,
    EntriesAdopted,
    EntriesRefused,
    RevokedDestroyed,
    ParcelEntries,
    ClientRestores,
    ProfileCopies,
    ForksFound,
    StrandedReceived,
    StrandedRestated,
    ActsWrittenTwice,
    SavesOnAFullDisk,
    SessionsOnAFullDisk,
    ServerCommitsOnAFullDisk,
    ServerClockJumps,
    CommitsInDoubt,
    ClocksConfirmed,
    SessionsPaused,
    MonthsOffline,
    ExpiredInvitationsRefused,
    TruthMadeAnew,
    LieOfDroppedRecord,
    LieOfSwappedRecords,
    LieOfChangedEntry,
    LieOfChangedArrival,
    LieOfOtherRoot,
    LieOfStrangersHead,
    LieOfHeadOfNothing,
    LieOfAnotherLedger,
    LieOfOtherEpoch,
    LieOfForgedSeal,
    LieOfForgedBody,
    LieOfEarlierArrival,
    LieOfUnprovenArrival,
    LieOfOlderDirectory,
    LieOfHiddenDirectory,
    LieOfLaterDirectory,
    LieOfUnknownDirectory,
    LieOfOlderCharter,
    AnswerOfSmallerLedger,
    AnswerOfOtherRoot,
    AnswerOfOtherEpoch,
    AnswerOfShorterChain,
    AnswerOfLongerChain,
    AnswerOfOtherTip,
    AnswerOfOlderCharter,
    RestoredServersFound,
    ReturnedByStrangers,
    EpochsBegun,
    EntriesThroughAnEpoch,
    ServerRotations,
    AuthorityChanges,
    ServersFollowed,
    FieldsMerged,
    HistoriesCompared,
    kSize
};

inline constexpr std::size_t kCounts = static_cast<std::size_t>(Count::kSize);

class Counters {
public:
    void add(Count count, std::uint64_t n = 1) { m_values[static_cast<std::size_t>(count)] += n; }
    void add(const Counters& other) {
        for (std::size_t i = 0; i < kCounts; ++i) m_values[i] += other.m_values[i];
    }
    /// Of counts that stand in the order of an enumeration, the first given.
    template <class Kind>
    void add(Count first, Kind kind, std::uint64_t n) {
        m_values[static_cast<std::size_t>(first) + static_cast<std::size_t>(kind)] += n;
    }
    template <class Kind>
    static std::string_view name(Count first, Kind kind) {
        return name(static_cast<std::size_t>(first) + static_cast<std::size_t>(kind));
    }
    std::uint64_t of(std::size_t index) const { return m_values[index]; }
    static std::string_view name(std::size_t index);

private:
    std::array<std::uint64_t, kCounts> m_values{};
};

}  // namespace sim
