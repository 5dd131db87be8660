#include "epochs.h"

#include "register/new_epoch.h"

namespace sim {
namespace {

constexpr int kSessionsMax = 6;  // of one sync: it follows, meets a fork, writes again, sends that
constexpr int kRounds = 3;

struct Copy {
    ClientNode* client;
    std::unique_ptr<store::MemoryStore> store;
    std::unique_ptr<replica::Replica> replica;
    bool isRevoked = false;  // it follows, leaves what it has, and is told that it may not stay
};

/// A server beside the province's own.
struct OtherServer {
    std::unique_ptr<store::MemoryStore> store;
    std::unique_ptr<reg::Register> reg;
    std::unique_ptr<intake::Intake> intake;
    std::uint64_t number = 0;

    void open(World& world) {
        reg = world.server.openConfirmedCopy(*store);
        intake =
            std::make_unique<intake::Intake>(*reg, world.server.clock(), world.server.identity());
    }
    void close() {
        intake.reset();
        reg.reset();
    }
};

base::Status converse(session::ClientSession& session, replica::Replica& replica,
                      OtherServer& other) {
    session::ServerSession server(*other.intake, ++other.number,
                                  replica.identity().exchangeKey.publicKey);
    must(server.onMessage(must(session.start(), "the copy starts a session")), "a first message");
    for (bool moved = true; moved && !session.isFinished();) {
        moved = must(other.intake->run([&](std::uint64_t, std::optional<wire::Refused> refused) {
            server.settled(std::move(refused));
        }),
                     "the other server commits");
        if (auto down = must(server.produce(), "the other server answers")) {
            CHECK_OK(session.onMessage(down->message));
            moved = true;
        }
        if (auto up = must(session.produce(), "the copy goes on")) {
            must(server.onMessage(up->message), "the other server understands the copy");
            moved = true;
        }
    }
    must(session.isFinished(), "17: a session in a new epoch does not end");
    return {};
}

/// One sync.
base::Status synchronise(Copy& copy, OtherServer& other) {
    base::Status end;
    for (int i = 0; i < kSessionsMax; ++i) {
        const auto incarnation = copy.replica->identity().incarnation;
        const auto restated = copy.replica->forkCounts().restated;
        session::ClientSession session(*copy.replica);
        end = converse(session, *copy.replica, other);
        if (session.refusal() == wire::RefusedReason::Unknown) {
            session::ClientSession stranger(*copy.replica,
                                            session::ClientSession::Purpose::GiveBack);
            end = converse(stranger, *copy.replica, other);
            if (!end) return end;
            continue;
        }
        bool goesOn = session.isReturning() ||
                      copy.replica->identity().incarnation != incarnation ||
                      copy.replica->forkCounts().restated != restated;
        if (!goesOn) break;
    }
    return end;
}

/// Something that the older server signs where it had signed something else: one more act of a
/// device, under a new incarnation.
bool signOtherwise(Copy& copy, OtherServer& other) {
    const base::DeviceId id = copy.replica->identity().device;
    const domain::Device* device = other.reg->directory().directory().device(id);
    const domain::Unit* unit = copy.replica->ownUnit();
    if (device == nullptr || device->revokedSince || unit == nullptr) return false;
    const base::ScopeId scope = unit->scope;
    if (copy.replica->ledgerInfo(scope).size() <= other.reg->state(scope).size) return false;
    auto store = copy.store->clone();
    SeededRandom random(2);
    auto twin = must(replica::Replica::open(*store, copy.client->clock(), random), "a twin");
    must(!twin->forked(), "a twin goes on under a new incarnation");
    auto written = twin->append(
        {scope,
         {domain::Noted{domain::ObjectKind::Assignment, {}, domain::NoteKind::Progress, "khác"}}});
    if (!written) return false;
    must(twin->hello(), "the twin says hello");
    auto segment = must(twin->nextSegment(), "the twin has a segment");
    if (!segment) return false;
    bool isTaken = false;
    other.intake->push(++other.number, id, {*segment, {}});
    must(other.intake->run(
             [&](std::uint64_t, std::optional<wire::Refused> refused) { isTaken = !refused; }),
         "the other server commits");
    return isTaken;
}

/// When the server of this store had each entry first.
std::map<base::Hash, std::uint64_t> firstArrivals(store::MemoryStore& store) {
    std::map<base::Hash, std::uint64_t> out;
    auto txn = must(store.read(), "a store is read");
    store::LedgerTables tables;
    for (const auto& [scope, info] : must(tables.all(*txn), "all ledgers")) {
        must(tables.read(*txn, scope, 0,
                         [&](const store::StoredRecord& stored) -> base::Result<bool> {
                             TRY(store::OpenedRecord record, store::openRecord(stored));
                             for (const ledger::Entry& entry : record.entries) {
                                 bool isNew =
                                     out.emplace(entry.hash, record.at.firstArrival).second;
                                 must(isNew, "4: an entry is ordered twice: " + brief(entry.hash));
                             }
                             return true;
                         }),
             "the records of a store are read");
    }
    return out;
}

void checkCopy(Copy& copy, OtherServer& other, std::map<base::ScopeId, base::Hash>& digests) {
    const std::string& name = copy.client->name();
    must(copy.replica->settle(), name + " folds what it has received");
    auto former = must(copy.replica->formerRecords(), "what waits for its order");
    must(former.records == 0, "18: " + name + " still waits for " + std::to_string(former.records) +
                                  " records of the old epoch");
    const base::DeviceId& device = copy.replica->identity().device;
    auto status = must(copy.replica->status(), name + " says how it is");
    for (const base::ScopeId& scope : other.reg->directory().directory().readableScopes(device)) {
        auto it = std::find_if(status.begin(), status.end(),
                               [&](const auto& s) { return s.scope == scope; });
        wire::LedgerState state = other.reg->state(scope);
        must(it != status.end() && it->size == state.size &&
                 (state.size == 0 || ledger::shortRoot(it->root) == state.root),
             "17: " + name + " holds another ledger " + brief(scope) + " in the new epoch");
        must(it->pending == 0, "17: " + name + " still has pending entries in the new epoch");
        must(it->stateDigest.has_value(), "17: " + name + " cannot read " + brief(scope));
        auto digest = digests.emplace(scope, *it->stateDigest).first;
        must(digest->second == *it->stateDigest,
             "6: " + name + " folds another state of " + brief(scope) + " in the new epoch");
    }
}

}  // namespace

void checkNewEpoch(World& world, const store::MemoryStore& backup) {
    OtherServer other;
    other.store = backup.clone();
    other.open(world);
    std::vector<Copy> copies;
    std::deque<SeededRandom> dice;
    for (auto& client : world.clients) {
        if (!client->exists() || client->fate == Fate::Destroyed) continue;
        Copy copy{client.get(), client->store().clone(), nullptr, client->fate == Fate::Revoked};
        dice.emplace_back(dice.size() + 1);
        copy.replica = must(replica::Replica::open(*copy.store, client->clock(), dice.back()),
                            "the copy is opened");
        copies.push_back(std::move(copy));
    }
    bool isOtherwise = false;
    for (Copy& copy : copies)
        isOtherwise = isOtherwise || (!copy.isRevoked && signOtherwise(copy, other));
    if (!isOtherwise) return;
    std::size_t refused = 0;
    for (Copy& copy : copies) {
        base::Status end = synchronise(copy, other);
        if (!end && end.error().code == base::Code::Forked) ++refused;
    }
    must(refused > 0 && !other.reg->contradictions().empty(),
         "18: a server that has signed two histories is not found out");
    const std::map<base::Hash, std::uint64_t> before = firstArrivals(world.server.store());
    const crypto::SigningKey* key =
        world.server.headKeyOf(other.reg->directory().directory().charter().version);
    must(key != nullptr, "14: the other server has no key for its charter");
    other.close();
    const ledger::EpochStatement statement = must(
        reg::beginEpoch(*other.store, *key, world.server.clock().nowMs()), "a new epoch begins");
    other.open(world);
    for (int round = 1; round <= kRounds; ++round) {
        for (Copy& copy : copies) {
            base::Status end = synchronise(copy, other);
            bool isLeaving = copy.isRevoked && !end && end.error().code == base::Code::Refused;
            must(end || isLeaving || round < kRounds,
                 "17: " + copy.client->name() + " cannot follow the server into a new epoch: " +
                     (end ? std::string() : end.error().message));
        }
    }
    const std::map<base::Hash, std::uint64_t> after = firstArrivals(*other.store);
    std::uint64_t again = 0;
    for (const auto& [entry, arrival] : before) {
        auto it = after.find(entry);
        must(it != after.end(), "1: acknowledged and lost in a new epoch: entry " + brief(entry));
        bool isDatedAhead = arrival > statement.time;  // by a clock that was put right since
        must(it->second == arrival || isDatedAhead,
             "1: another first arrival in a new epoch: " + brief(entry));
        ++again;
    }
    std::map<base::ScopeId, base::Hash> digests;
    for (Copy& copy : copies) {
        must(copy.replica->epoch() == other.reg->epoch(),
             "17: " + copy.client->name() + " is of another epoch than the server");
        if (!copy.isRevoked) checkCopy(copy, other, digests);
    }
    auto txn = must(other.store->read(), "the other server's store is read");
    must(reg::verifyLedgers(*txn), "1: the ledgers of the new epoch");
    world.counters.add(Count::EpochsBegun);
    world.counters.add(Count::EntriesThroughAnEpoch, again);
}

}  // namespace sim
