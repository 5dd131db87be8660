#include "final_checks.h"

#include "forks.h"
#include "lies.h"
#include "merge_model.h"
#include "planted_text.h"
#include "replica/tables.h"

namespace sim {
namespace {

constexpr int kRoundsMax = 3;     // enrolled; granted; everybody has seen it
constexpr int kForkSessions = 3;  // it finds the fork; downloads and writes again; sends that

/// What waits on a device stands beside what was ordered in its place.
void checkNonces(World& world, ClientNode& client) {
    auto copy = client.store().clone();
    SeededRandom random(1);
    auto replica =
        must(replica::Replica::open(*copy, client.clock(), random), "the copy is opened");
    must(replica->hello(), "the copy says hello");
    while (auto bytes = must(replica->nextSegment(), "the copy shows what waits")) {
        auto segment = must(ledger::parseSegment(*bytes), "a pending segment is parsed");
        ledger::ChainState state;
        state.nextSeq = segment.firstSeq;
        state.tip = segment.prev;
        for (ByteView one : segment.entries) {
            auto entry = must(ledger::advance(state, one), "a pending entry is read");
            if (entry.header.keyVersion > 0) world.watch.onBody(segment.chain.scope, entry);
        }
    }
}

/// A device that the server takes no more keeps what had not arrived, or has left it there.
void checkKept(World& world, ClientNode& client) {
    checkNonces(world, client);
    std::vector<base::Hash> pending = client.replica().pendingActs();
    std::set<base::Hash> held(pending.begin(), pending.end());
    if (client.fate == Fate::Destroyed) held = world.keptApart(client);
    for (const base::Hash& entry : client.written()) {
        std::size_t times = world.watch.timesOf(entry) + held.count(entry);
        must(times >= 1, "18: what " + client.name() + " wrote is lost: entry " + brief(entry));
    }
}

void checkWritten(World& world) {
    for (const auto& client : world.clients) {
        if (!client->exists()) continue;
        if (client->fate != Fate::Works) {
            checkKept(world, *client);
            continue;
        }
        must(client->replica().stranded().empty(),
             "18: " + client->name() + " has not written again what was stranded");
        if (client->mayFork) {
            checkKept(world, *client);
            must(client->replica().pendingEntries() == 0,
                 "17: " + client->name() + " still has pending entries");
            continue;
        }
        const replica::Identity& own = client->replica().identity();
        must(client->replica().pendingEntries() == 0,
             "17: " + client->name() + " still has pending entries");
        for (const base::Hash& entry : client->written()) {
            must(world.watch.positionsOf(entry) == 1,
                 "1: what " + client->name() + " wrote stands in the ledgers " +
                     std::to_string(world.watch.positionsOf(entry)) + " times: entry " +
                     brief(entry));
        }
        std::uint64_t expected =
            client->written().size() + client->foundKept() + 1;  // genesis or enrolment
        must(world.watch.entriesOf(own.device, own.incarnation) == expected,
             "1: the ledgers hold " +
                 std::to_string(world.watch.entriesOf(own.device, own.incarnation)) +
                 " entries of " + client->name() + ", which wrote " + std::to_string(expected));
    }
}

/// The ledgers and states that a replica shows, as one value.
std::vector<replica::LedgerStatus> shownBy(replica::Replica& replica, const std::string& who) {
    return must(replica.status(), who + " says how it is");
}

void mustEqual(const std::vector<replica::LedgerStatus>& a,
               const std::vector<replica::LedgerStatus>& b, const std::string& what) {
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i) {
        same = a[i].scope == b[i].scope && a[i].size == b[i].size && a[i].root == b[i].root &&
               a[i].stateDigest == b[i].stateDigest && a[i].pending == b[i].pending;
    }
    must(same, what);
}

std::vector<store::StoredRecord> recordsOf(store::MemoryStore& store, const base::ScopeId& scope) {
    std::vector<store::StoredRecord> out;
    auto txn = must(store.read(), "a store is read");
    must(store::LedgerTables().read(*txn, scope, 0,
                                    [&](const store::StoredRecord& record) -> base::Result<bool> {
                                        out.push_back(record);
                                        return true;
                                    }),
         "the records of a store are read");
    return out;
}

/// Invariant 1: what was written lies everywhere as it was written, byte for byte.
void mustHoldTheSame(World& world, ClientNode& client, const base::ScopeId& scope) {
    auto same = [](const store::StoredRecord& a, const store::StoredRecord& b) {
        return a.first == b.first && a.count == b.count && a.before.state == b.before.state &&
               a.before.recordEnd == b.before.recordEnd && a.rootAfter == b.rootAfter &&
               a.bytes == b.bytes;
    };
    auto held = recordsOf(client.store(), scope);
    auto ordered = recordsOf(world.server.store(), scope);
    must(std::equal(held.begin(), held.end(), ordered.begin(), ordered.end(), same),
         "1: " + client.name() + " stores other records of the ledger " + brief(scope) +
             " than the server");
}

void checkAgreement(World& world, ClientNode& client) {
    const base::DeviceId& device = client.replica().identity().device;
    auto status = shownBy(client.replica(), client.name());
    for (const base::ScopeId& scope : world.watch.directory().directory().readableScopes(device)) {
        auto it = std::find_if(status.begin(), status.end(),
                               [&](const auto& s) { return s.scope == scope; });
        must(it != status.end() && it->size == world.watch.sizeOf(scope),
             "17: " + client.name() + " lacks a part of the ledger " + brief(scope));
        must(it->stateDigest.has_value(),
             "17: " + client.name() + " still waits for the key of " + brief(scope));
        mustHoldTheSame(world, client, scope);
        world.story.mix(it->stateDigest->view());
    }
}

void checkRefold(ClientNode& client) {
    auto before = shownBy(client.replica(), client.name());
    auto copy = client.store().clone();
    {
        auto txn = must(copy->write(), "the copy is opened");
        for (const store::Table& table :
             {replica::kRows, replica::kIds, replica::kRecentIds, replica::kEvents, replica::kFolds,
              replica::kAudit, replica::kContinuing, replica::kActs, replica::kUndecided,
              replica::kDecided}) {
            std::vector<Bytes> keys;
            must(txn->scan(table, {},
                           [&](ByteView key, ByteView) -> base::Result<bool> {
                               keys.push_back(base::copy(key));
                               return true;
                           }),
                 "the copy is read");
            for (const Bytes& key : keys) must(txn->erase(table, key), "the copy's view is erased");
        }
        must(txn->commit(), "the copy is written");
    }
    SeededRandom random(1);
    auto again = must(replica::Replica::open(*copy, client.clock(), random), "the copy is opened");
    mustEqual(before, shownBy(*again, "the copy"),
              "6: " + client.name() + " folds another state from nothing");
    client.restart();
    mustEqual(before, shownBy(client.replica(), client.name()),
              "6: " + client.name() + " reads another state from disk");
}

/// The device's half of a recorded session again; the number of batches that it took. After an
/// error it goes on: whatever comes must find it prepared.
std::size_t replay(replica::Replica& replica, const std::vector<Bytes>& down) {
    session::ClientSession session(replica);
    must(session.start(), "the copy starts a session");
    std::size_t taken = 0;
    for (const Bytes& message : down) {
        for (bool more = true; more;)
            more = must(session.produce(), "the copy goes on").has_value();
        auto decoded = must(wire::decodeServerMessage(message), "a message is decoded");
        bool isTaken = session.onMessage(message).has_value();
        if (isTaken && std::holds_alternative<wire::Batch>(decoded.message)) ++taken;
    }
    return taken;
}

/// Played to the device as it was before the session, it leads where it led; a second time it
/// changes nothing.
void replayDown(World& world, const World::Recorded& r) {
    auto store = r.before->clone();
    SeededRandom random(1);
    auto replica =
        must(replica::Replica::open(*store, r.client->clock(), random), "the copy is opened");
    std::size_t batches = static_cast<std::size_t>(
        std::count_if(r.down.begin(), r.down.end(), [](const Bytes& message) {
            auto decoded = must(wire::decodeServerMessage(message), "a message is decoded");
            return std::holds_alternative<wire::Batch>(decoded.message);
        }));
    must(replay(*replica, r.down) == batches,
         "7: " + r.client->name() + " does not take a session again that it took before");
    mustEqual(r.after, shownBy(*replica, "the copy"),
              "7: a replayed session led " + r.client->name() + " elsewhere");
    must(replay(*replica, r.down) == 0, "7: " + r.client->name() + " takes a batch twice");
    mustEqual(r.after, shownBy(*replica, "the copy"),
              "7: a session played twice changed " + r.client->name());
    world.counters.add(Count::BatchesReplayed, batches);
}

/// Plays a recorded session to copies of both sides.
void checkReplay(World& world) {
    if (!world.recorded) return;
    const World::Recorded& r = *world.recorded;
    replayDown(world, r);
    auto serverStore = world.server.store().clone();
    auto reg = world.server.openCopy(*serverStore);
    intake::Intake intake(*reg, world.server.clock(), world.server.identity());
    std::uint64_t entries = reg->entries();
    session::ServerSession server(intake, 1, r.peer);
    for (const Bytes& message : r.up) {
        if (!server.onMessage(message)) break;
        while (!intake.isIdle()) {
            must(intake.run([&](std::uint64_t, std::optional<wire::Refused> v) {
                server.settled(std::move(v));
            }),
                 "the copy commits");
        }
    }
    must(reg->entries() == entries, "7: a replayed session changed the server");
    LedgerWatch again;
    again.onCommit(*serverStore);
    again.checkHeads(world.watch);
    world.counters.add(Count::SessionsReplayed);
}

/// Invariant 12: what lies on the server's disk can be read by nobody there.
void checkServerDisk(World& world) {
    auto txn = must(world.server.store().read(), "the server's store is read");
    for (const store::Table& table : reg::tables()) {
        must(txn->scan(table, {},
                       [](ByteView key, ByteView value) -> base::Result<bool> {
                           must(!holdsPlantedText(key) && !holdsPlantedText(value),
                                "12: an act stands in plain on the server's disk");
                           return true;
                       }),
             "the server's store is read");
    }
}

void mixStore(Story& story, store::MemoryStore& store, std::span<const store::Table> tables) {
    auto txn = must(store.read(), "a store is read");
    crypto::Hasher hasher("ts-sim-store");
    for (const store::Table& table : tables) {
        must(txn->scan(table, {},
                       [&](ByteView key, ByteView value) -> base::Result<bool> {
                           hasher.u8(table.id).u64(key.size()).u64(value.size());
                           hasher.add(key).add(value);
                           return true;
                       }),
             "a store is read");
    }
    story.mix(hasher.finish().view());
}

}  // namespace

void converge(World& world, Province& province) {
    auto converse = [&](ClientNode& client) {
        std::uint64_t missing = client.replica().pendingBytes();
        world.converse(client);
        if (client.fate != Fate::Works) return;
        must(world.lastBytesUp <= missing + missing / 10 + 4096,
             "17: " + client.name() + " sent " + std::to_string(world.lastBytesUp) +
                 " bytes where " + std::to_string(missing) + " were missing");
    };
    for (int round = 1; round <= kRoundsMax; ++round) {
        for (auto& client : world.clients) {
            if (!client->exists() || client->fate != Fate::Works) continue;
            bool isStranger = client->replica().ownDevice() == nullptr;
            converse(*client);
            for (int i = 1; i < kForkSessions && client->mayFork; ++i) {
                if (client->wasCut || client->replica().pendingEntries() > 0) converse(*client);
            }
            if (isStranger) converse(*client);
            if (client.get() != &world.office()) continue;
            province.doOfficeDuty();
            if (client->replica().pendingEntries() > 0) converse(*client);
        }
    }
    for (auto& client : world.clients) {
        using Leaving = replica::Replica::Leaving;
        if (!client->exists() || client->fate != Fate::Revoked) continue;
        world.converse(*client);
        // What went behind its hello may not have gone on where the server's chain ends.
        if (client->fate == Fate::Revoked) world.converse(*client);
        const Leaving leaving = client->replica().leaving();
        bool isHeld = leaving == Leaving::Stranded || leaving == Leaving::TooMuch ||
                      !world.holdsAllOf(*client);
        must(client->fate == Fate::Destroyed || isHeld,
             "9: the revoked device " + client->name() + " still holds its data");
    }
    if (world.office().fate == Fate::Works) world.converse(world.office());  // of their parcels
    for (auto& client : world.clients) {
        if (!client->exists() || client->fate != Fate::Works) continue;
        world.converse(*client);
        must(world.lastMessages == 2, "17: " + client->name() +
                                          " still has something to say after " +
                                          std::to_string(kRoundsMax) + " rounds");
    }
}

namespace {

/// What the office has decided about, as far as it is ordered.
std::set<base::Hash> decidedBy(World& world) {
    std::set<base::Hash> out;
    for (const auto& [entry, act] : world.office().acts()) {
        if (world.watch.positionsOf(entry) == 0) continue;
        for (const domain::Change& change : act.changes) {
            if (auto* judged = std::get_if<domain::Judged>(&change)) out.insert(judged->entry);
        }
    }
    return out;
}

/// The acts that lie in the server's quarantine and in no ledger.
std::vector<base::Hash> actsInQuarantine(World& world) {
    std::map<base::ScopeId, std::set<base::Hash>> ordered;
    auto isOrdered = [&](const base::ScopeId& scope, const base::Hash& act) {
        auto [it, isNew] = ordered.try_emplace(scope);
        if (isNew) {
            for (const base::Hash& entry : world.watch.entriesOf(scope))
                it->second.insert(world.watch.actOf(entry));
        }
        return it->second.contains(act);
    };
    std::vector<base::Hash> out;
    const reg::Register& reg = world.server.reg();
    for (std::uint64_t at = 0;;) {
        auto found = must(reg.quarantinedAfter(at), "the quarantine is read");
        if (!found) return out;
        at = found->at;
        auto segment = must(ledger::parseSegment(found->segment), "a kept segment is parsed");
        auto state = must(reg.chain(found->chain), "a chain is read");
        must(state.nextSeq == segment.firstSeq && state.tip == segment.prev,
             "queue: what lies in the quarantine does not go on from its chain");
        for (ByteView one : segment.entries) {
            const base::Hash act = ledger::actOf(must(ledger::advance(state, one), "an entry"));
            if (!isOrdered(segment.chain.scope, act)) out.push_back(act);
        }
    }
}

}  // namespace

void settleQueue(World& world, Province& province, Work& work) {
    const std::vector<base::Hash> lying = actsInQuarantine(world);
    const std::set<base::Hash> decided = decidedBy(world);
    std::set<base::Hash> waiting;
    for (const auto& item : must(world.office().replica().queue(), "the office sees its queue"))
        waiting.insert(item.what.act);
    for (const base::Hash& act : lying) {
        must(waiting.contains(act) != decided.contains(act),
             "queue: entry " + brief(act) + " lies in the quarantine, and the office " +
                 (decided.contains(act) ? "sees it though it has decided" : "does not see it"));
        world.counters.add(Count::ParcelsSeen);
    }
    if (waiting.empty()) return;
    constexpr std::size_t kTriesPerItem = 20;  // a commit may be made to fail
    for (std::size_t i = 0; i < kTriesPerItem * waiting.size(); ++i) work.decide();
    converge(world, province);
    const std::size_t left =
        must(world.office().replica().queueSize(), "the office counts its queue");
    must(left == 0, "queue: what the office has decided about still waits");
}

void mixStores(World& world) {
    mixStore(world.story, world.server.store(), reg::tables());
    for (auto& client : world.clients) {
        if (client->exists()) mixStore(world.story, client->store(), replica::tables());
    }
}

void checkEnd(World& world, const Rogue& rogue) {
    world.watch.onCommit(world.server.store());
    checkWritten(world);
    world.counters.add(Count::ActsWrittenTwice, world.watch.actsWrittenTwice());
    must(world.watch.directory().withoutEffect().empty(), "8: a directory entry without effect");
    for (auto& client : world.clients) {
        if (!client->exists()) continue;
        world.watch.onReplica(*client);
        if (client->fate != Fate::Works) continue;
        checkAgreement(world, *client);
        rogue.check(*client);
        checkRefold(*client);
    }
    LedgerWatch again;
    again.onCommit(world.server.store());
    again.checkHeads(world.watch);
    checkReplay(world);
    checkServerDisk(world);
    checkLies(world);
    checkForks(world);
    checkMerge(world);
}

}  // namespace sim
