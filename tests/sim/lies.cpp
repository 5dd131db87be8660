#include "lies.h"

namespace sim {
namespace {

constexpr std::size_t kSealBytes = sizeof(base::Signature);

enum class Lie {
    None,  // all is made anew as for the lies below, and true: it must be taken
    DroppedRecord,
    SwappedRecords,
    ChangedEntry,
    ChangedArrival,
    OtherRoot,      // signed by the server's own key
    StrangersHead,  // signed by another key
    HeadOfNothing,
    HeadOfAnotherLedger,
    OtherEpoch,
    // Leaves and root are computed anew, and the server's own key signs them.
    ForgedSeal,
    ForgedBody,
    EarlierArrival,
    UnprovenArrival,
    OlderDirectory,   // than that of the record before it
    HiddenDirectory,  // a change of the directory came before the record, which does not name it
    LaterDirectory,   // a change that came after the record
    UnknownDirectory,
    OlderCharter,  // by a key that was the server's
    kSize
};
static_assert(static_cast<std::size_t>(Count::LieOfOlderCharter) -
                  static_cast<std::size_t>(Count::TruthMadeAnew) + 1 ==
              static_cast<std::size_t>(Lie::kSize));

/// A batch of a recorded message, with its own bytes.
struct Copy {
    wire::Decoded<wire::ServerMessage> decoded;
    wire::Batch batch;
    std::vector<Bytes> changed;
    Bytes head;
};

/// A device's copy that hears a recorded session.
struct Listener {
    explicit Listener(const World::Recorded& recorded)
        : store(recorded.before->clone()),
          replica(must(replica::Replica::open(*store, recorded.client->clock(), random),
                       "the copy is opened")) {}

    SeededRandom random{1};
    std::unique_ptr<store::MemoryStore> store;
    std::unique_ptr<replica::Replica> replica;
};

void forgeHead(Copy& copy, const crypto::SigningKey& key,
               const std::function<void(ledger::Head&)>& change) {
    ledger::Head head = must(ledger::Head::decode(copy.batch.head), "a head is decoded");
    change(head);
    head.sign(key);
    copy.head = head.encode();
    copy.batch.head = copy.head;
}

/// With the key of the charter that the head names.
void forgeHead(World& world, Copy& copy, const std::function<void(ledger::Head&)>& change) {
    ledger::Head head = must(ledger::Head::decode(copy.batch.head), "a head is decoded");
    forgeHead(copy, *world.server.headKeyOf(head.charterVersion), change);
}

/// A head under the charter before the newest that the device knows; false if there is none.
bool forgeOlderCharter(World& world, const replica::Replica& replica, Copy& copy) {
    if (!replica.authority().hasGenesis()) return false;
    for (std::uint32_t version = replica.authority().charter().version - 1; version > 0;
         --version) {
        const crypto::SigningKey* key = world.server.headKeyOf(version);
        if (key == nullptr) continue;
        forgeHead(copy, *key, [&](ledger::Head& head) { head.charterVersion = version; });
        return true;
    }
    return false;
}

/// Records that travel as bytes, by index.
std::vector<std::size_t> bytesOf(const wire::Batch& batch) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < batch.records.size(); ++i) {
        if (std::holds_alternative<ByteView>(batch.records[i])) out.push_back(i);
    }
    return out;
}

void changeRecord(Copy& copy, std::size_t index, std::size_t fromEnd) {
    Bytes bytes = base::copy(std::get<ByteView>(copy.batch.records[index]));
    bytes[bytes.size() - fromEnd] ^= 1;
    copy.changed.push_back(std::move(bytes));
    copy.batch.records[index] = ByteView(copy.changed.back());
}

/// Somebody who holds the server's head key and knows what the device holds: only what the device
/// itself checks of a record can give the lie away.
class Forger {
public:
    Forger(World& world, store::MemoryStore& server, Listener& listener, Copy& copy)
        : m_world(world),
          m_server(server),
          m_copy(copy),
          m_identity(listener.replica->identity()),
          m_directory(listener.replica->directory()),
          m_isDirectory(session::isDirectory(m_directory, copy.batch.scope)),
          m_txn(must(listener.store->read(), "the copy is read")),
          m_held(must(m_tables.info(*m_txn, copy.batch.scope), "the copy's ledger is read")) {}

    /// The batch up to its last record of another device that gives an occasion for the lie; what
    /// this device wrote it would know. False if there is none.
    bool forge(Lie lie) {
        takeRecords();
        while (!m_copy.changed.empty() && !canForge(m_copy.changed.back(), lie))
            m_copy.changed.pop_back();
        if (m_copy.changed.empty()) return false;
        m_copy.batch.records.clear();
        for (const Bytes& record : m_copy.changed) m_copy.batch.records.emplace_back(record);
        signAnew();
        return true;
    }

private:
    /// As bytes, the device's own ones too, which travel by reference.
    void takeRecords() {
        ledger::Head head = must(ledger::Head::decode(m_copy.batch.head), "a head is decoded");
        auto txn = must(m_server.read(), "the server's store is read");
        must(m_tables.read(*txn, m_copy.batch.scope, m_copy.batch.first,
                           [&](const store::StoredRecord& stored) -> base::Result<bool> {
                               if (stored.first >= head.size) return false;
                               m_copy.changed.push_back(stored.bytes);
                               return true;
                           }),
             "the server's records are read");
    }

    bool canForge(Bytes& bytes, Lie lie) const {
        auto record = must(ledger::parseRecord(bytes), "a record is parsed");
        return record.segment.chain.device != m_identity.device && change(bytes, lie);
    }

    ledger::Arrival predecessor() const {
        std::size_t count = m_copy.changed.size();
        if (count < 2) return {m_held.lastArrival, m_held.lastDirectorySize, m_held.lastArrival};
        return must(ledger::parseRecord(m_copy.changed[count - 2]), "a record is parsed").at;
    }

    bool change(Bytes& bytes, Lie lie) const {
        if (lie == Lie::None) return true;
        if (lie == Lie::ForgedBody && m_isDirectory) return false;  // it would not even unpack
        if (lie == Lie::ForgedSeal || lie == Lie::ForgedBody) {
            std::size_t fromEnd = ledger::kArrivalBytes + 1;
            if (lie == Lie::ForgedBody) fromEnd += kSealBytes;
            bytes[bytes.size() - fromEnd] ^= 1;
            return true;
        }
        ledger::Arrival at = must(ledger::parseRecord(bytes), "a record is parsed").at;
        if (!changeTimes(at, lie)) return false;
        bytes.resize(bytes.size() - ledger::kArrivalBytes);
        if (at.firstArrival == at.arrival) {
            ledger::encodeArrival(at, bytes);
        } else {
            ledger::FormerPlace nowhere;
            nowhere.at = at;
            ledger::encodeArrival(at, nowhere, bytes);
        }
        return true;
    }

    bool changeTimes(ledger::Arrival& at, Lie lie) const {
        const ledger::Arrival before = predecessor();
        if (lie == Lie::EarlierArrival) {
            if (before.arrival == 0) return false;
            at.arrival = at.firstArrival = before.arrival - 1;
            if (!m_isDirectory) at.directorySize = before.directorySize;
            return true;
        }
        if (lie == Lie::UnprovenArrival) {
            at.firstArrival -= 1;
            return true;
        }
        if (lie == Lie::UnknownDirectory) {
            at.directorySize = m_isDirectory ? at.directorySize + 1 : m_directory.size() + 1;
            return true;
        }
        if (m_isDirectory) return false;
        if (lie == Lie::OlderDirectory) {
            if (before.directorySize == 0) return false;
            at.directorySize = before.directorySize - 1;
            return true;
        }
        if (lie == Lie::HiddenDirectory) {
            at.directorySize -= 1;
            return at.directorySize >= before.directorySize &&
                   m_directory.arrivalOf(at.directorySize) < at.arrival;
        }
        at.directorySize = m_directory.size();
        return lie == Lie::LaterDirectory &&
               m_directory.arrivalOf(at.directorySize - 1) > at.arrival;
    }

    void signAnew() {
        ledger::Frontier frontier = m_held.frontier;
        std::map<ledger::ChainId, ledger::ChainState> chains;
        for (const Bytes& bytes : m_copy.changed) {
            auto record = must(ledger::parseRecord(bytes), "a record is parsed");
            const ledger::ChainId& chain = record.segment.chain;
            if (!chains.contains(chain)) {
                chains[chain] = must(m_tables.chain(*m_txn, m_identity.province, chain),
                                     "the copy's chain is read")
                                    .state;
            }
            for (ByteView one : record.segment.entries) {
                auto entry = must(ledger::advance(chains[chain], one), "an entry is read");
                frontier.append(leafOf(entry.hash, record.at, frontier));
            }
        }
        forgeHead(m_world, m_copy, [&](ledger::Head& head) {
            head.size = frontier.size();
            head.root = frontier.root();
        });
    }

    base::Hash leafOf(const base::Hash& entry, ledger::Arrival at,
                      const ledger::Frontier& before) const {
        if (m_isDirectory) {
            at.directorySize = before.size();
            return ledger::leafHash(entry, at, before.root());
        }
        bool isKnown = at.directorySize <= m_directory.size();
        return ledger::leafHash(entry, at,
                                isKnown ? m_directory.rootAt(at.directorySize) : base::Hash());
    }

    World& m_world;
    store::MemoryStore& m_server;
    Copy& m_copy;
    const replica::Identity& m_identity;
    const session::DirectoryLedger& m_directory;
    bool m_isDirectory;
    store::LedgerTables m_tables;
    std::unique_ptr<store::ReadTxn> m_txn;
    store::LedgerInfo m_held;
};

/// False if this batch gives no occasion for the lie.
bool lieIn(World& world, store::MemoryStore& server, Listener& listener, Copy& copy, Lie lie) {
    wire::Batch& batch = copy.batch;
    std::vector<std::size_t> records = bytesOf(batch);
    switch (lie) {
        case Lie::DroppedRecord:
            batch.records.pop_back();
            return true;
        case Lie::SwappedRecords:
            if (batch.records.size() < 2) return false;
            std::swap(batch.records.front(), batch.records.back());
            return true;
        case Lie::ChangedEntry:
            if (records.empty()) return false;
            changeRecord(copy, records.back(), ledger::kArrivalBytes + kSealBytes + 1);
            return true;
        case Lie::ChangedArrival:
            if (records.empty()) return false;
            changeRecord(copy, records.back(), ledger::kArrivalBytes - 1);
            return true;
        case Lie::OtherRoot:
            forgeHead(world, copy,
                      [&](ledger::Head& h) { h.root = world.random.make<base::Hash>(); });
            return true;
        case Lie::StrangersHead:
            forgeHead(copy, crypto::SigningKey::generate(world.random), [](ledger::Head&) {});
            return true;
        case Lie::HeadOfNothing:
            forgeHead(world, copy, [](ledger::Head& h) { h.size = 0; });
            return true;
        case Lie::HeadOfAnotherLedger:
            forgeHead(world, copy,
                      [&](ledger::Head& h) { h.scope = world.random.make<base::ScopeId>(); });
            return true;
        case Lie::OtherEpoch:
            if (batch.first == 0) return false;  // the first head decides
            forgeHead(world, copy, [](ledger::Head& h) { h.epoch += 1; });
            return true;
        case Lie::OlderCharter:
            return forgeOlderCharter(world, *listener.replica, copy);
        default:
            return Forger(world, server, listener, copy).forge(lie);
    }
}

struct Place {
    base::ScopeId scope;
    std::uint64_t size = 0;
    base::Hash root;
    bool operator==(const Place&) const = default;
};

std::vector<Place> placesOf(replica::Replica& replica) {
    std::vector<Place> out;
    for (const auto& s : must(replica.status(), "the copy says how it is"))
        out.push_back({s.scope, s.size, s.root});
    return out;
}

/// Plays the session up to its first batch that allows the lie, and tells it there.
bool tell(World& world, store::MemoryStore& server, const World::Recorded& recorded, Lie lie) {
    Listener listener(recorded);
    replica::Replica& replica = *listener.replica;
    session::ClientSession session(replica);
    must(session.start(), "the copy starts a session");
    for (const Bytes& message : recorded.down) {
        Copy copy{must(wire::decodeServerMessage(message), "a message is decoded"), {}, {}, {}};
        auto* batch = std::get_if<wire::Batch>(&copy.decoded.message);
        if (batch != nullptr) copy.batch = *batch;
        if (batch == nullptr || !lieIn(world, server, listener, copy, lie)) {
            if (!session.onMessage(message)) return false;  // the end: it has not pushed
            continue;
        }
        auto before = placesOf(replica);
        std::uint64_t pending = replica.pendingEntries();
        auto taken = session.onMessage(wire::encode(wire::ServerMessage(copy.batch)));
        if (lie == Lie::None) {
            must(taken, "5: " + recorded.client->name() + " does not take what is true");
            return true;
        }
        must(!taken && placesOf(replica) == before && replica.pendingEntries() == pending,
             (lie == Lie::OlderCharter ? "14: " : "5: ") + recorded.client->name() +
                 " takes a lie of the server: " +
                 std::string(Counters::name(Count::TruthMadeAnew, lie)));
        return true;
    }
    return false;
}

/// A session as few are: while a device was away, the office wrote in its unit and in the directory
/// by turns. All of it happens in copies.
struct Staged {
    std::unique_ptr<store::MemoryStore> server;
    World::Recorded session;
};

/// A whole session; what the device hears.
std::vector<Bytes> synchronise(replica::Replica& replica, intake::Intake& intake,
                               std::uint64_t number) {
    std::vector<Bytes> heard;
    session::ClientSession session(replica);
    session::ServerSession server(intake, number, replica.identity().exchangeKey.publicKey);
    must(server.onMessage(must(session.start(), "the copy starts a session")), "a hello");
    for (bool moved = true; moved;) {
        auto up = must(session.produce(), "the copy goes on");
        if (up) must(server.onMessage(up->message), "the copied server understands the copy");
        moved = up || !intake.isIdle();
        while (!intake.isIdle()) {
            must(intake.run([&](std::uint64_t, std::optional<wire::Refused> refused) {
                server.settled(std::move(refused));
            }),
                 "the copy commits");
        }
        auto down = must(server.produce(), "the copied server answers");
        if (!down) continue;
        moved = true;
        must(session.onMessage(down->message), "17: the copy refuses what the server says");
        heard.push_back(std::move(down->message));
    }
    must(session.isFinished(), "17: the session of a copy does not end");
    return heard;
}

ClientNode* someReader(World& world) {
    for (auto& client : world.clients) {
        if (!client->exists() || client->fate != Fate::Works) continue;
        if (client->unit() != world.office().unit()) return client.get();
    }
    return nullptr;
}

std::optional<Staged> stage(World& world) {
    ClientNode* reader = someReader(world);
    if (reader == nullptr) return {};
    Staged out;
    out.server = world.server.store().clone();
    auto reg = world.server.openConfirmedCopy(*out.server);
    intake::Intake intake(*reg, world.server.clock(), world.server.identity());
    auto officeStore = world.office().store().clone();
    SeededRandom random(1);
    auto office = must(replica::Replica::open(*officeStore, world.office().clock(), random),
                       "the copy is opened");
    const base::ProvinceId& province = office->identity().province;
    const replica::Act note{
        domain::scopeIdOf(province, reader->unit()),
        {domain::Noted{domain::ObjectKind::Assignment, {}, domain::NoteKind::Progress, "nhắc"}}};
    const replica::Act unit{domain::directoryScope(province),
                            {domain::UnitDescribed{"T.0", "Xã mới", domain::UnitLevel::Commune,
                                                   world.office().unit()}}};
    std::uint64_t number = 0;
    for (const replica::Act* act : {&note, &unit, &note, &unit}) {
        world.time += 60'000;
        must(office->append(*act), "the copied office writes");
        synchronise(*office, intake, ++number);
    }
    out.session.client = reader;
    out.session.before = reader->store().clone();
    auto heard = reader->store().clone();
    auto replica =
        must(replica::Replica::open(*heard, reader->clock(), random), "the copy is opened");
    out.session.down = synchronise(*replica, intake, ++number);
    return out;
}

enum class FalseAnswer {
    SmallerLedger,
    OtherRoot,
    OtherEpoch,
    ShorterChain,
    LongerChain,
    OtherTip,
    kSize
};
static_assert(static_cast<std::size_t>(Count::AnswerOfOtherTip) -
                  static_cast<std::size_t>(Count::AnswerOfSmallerLedger) + 1 ==
              static_cast<std::size_t>(FalseAnswer::kSize));

wire::LedgerAnswer falsified(World& world, wire::LedgerAnswer answer, FalseAnswer lie) {
    switch (lie) {
        case FalseAnswer::SmallerLedger:
            answer.state.size -= 1;
            break;
        case FalseAnswer::OtherRoot:
            answer.state.root = world.random.make<ledger::ShortRoot>();
            break;
        case FalseAnswer::OtherEpoch:
            answer.state.epoch += 1;
            break;
        case FalseAnswer::ShorterChain:
            answer.nextSeq = 0;
            answer.tip = {};
            break;
        case FalseAnswer::LongerChain:
            answer.nextSeq += 1;
            break;
        case FalseAnswer::OtherTip:
            answer.tip = world.random.make<base::Hash>();
            break;
        case FalseAnswer::kSize:
            break;
    }
    return answer;
}

base::Status hear(replica::Replica& replica, const wire::LedgerAnswer& answer) {
    session::ClientSession session(replica);
    must(session.start(), "the copy starts a session");
    CHECK_OK(session.onMessage(wire::encode(wire::ServerMessage(wire::Answer{{answer}, false}))));
    if (!session.isReturning()) return {};
    return base::fail(base::Code::Forked, "the device shows the server what it has signed");
}

/// A server that has lost or changed what it signed for is found out by its first answer, whichever
/// part of that gives it away.
void checkFalseAnswers(World& world, ClientNode& client) {
    SeededRandom random(1);
    const replica::Identity& own = client.replica().identity();
    const std::uint32_t version = client.replica().authority().version();
    if (version > 1) {
        auto store = client.store().clone();
        auto replica =
            must(replica::Replica::open(*store, client.clock(), random), "the copy is opened");
        session::ClientSession session(*replica);
        must(session.start(), "the copy starts a session");
        wire::Answer older;
        older.charterVersion = version - 1;
        auto heard = session.onMessage(wire::encode(wire::ServerMessage(older)));
        must(!heard && heard.error().code == base::Code::Forked,
             "14: " + client.name() + " goes on with a server that knows an older charter");
        world.counters.add(Count::AnswerOfOlderCharter);
    }
    for (const wire::LedgerState& state :
         must(client.replica().ledgers(), client.name() + " lists its ledgers")) {
        auto chain = must(world.server.reg().chain({state.scope, own.device, own.incarnation}),
                          "the server reads a chain");
        if (chain.nextSeq == 0) continue;
        const wire::LedgerAnswer answer{state, chain.nextSeq, chain.tip};
        for (std::size_t i = 0; i <= static_cast<std::size_t>(FalseAnswer::kSize); ++i) {
            auto store = client.store().clone();
            auto replica =
                must(replica::Replica::open(*store, client.clock(), random), "the copy is opened");
            if (i == static_cast<std::size_t>(FalseAnswer::kSize)) {
                must(hear(*replica, answer),
                     "18: " + client.name() + " does not take a true answer");
                continue;
            }
            auto lie = static_cast<FalseAnswer>(i);
            const std::string which =
                std::string(Counters::name(Count::AnswerOfSmallerLedger, lie));
            auto heard = hear(*replica, falsified(world, answer, lie));
            must(!heard && heard.error().code == base::Code::Forked,
                 "18: " + client.name() + " takes a false answer: " + which);
            // A copy of the device may have written more; a server that holds less has lost it.
            bool mayBeCopy = lie == FalseAnswer::LongerChain || lie == FalseAnswer::OtherTip;
            must((replica->identity().incarnation != own.incarnation) == mayBeCopy,
                 "18: " + client.name() + " takes a failed server for a copy of itself: " + which);
            world.counters.add(Count::AnswerOfSmallerLedger, lie, 1);
        }
    }
}

}  // namespace

void checkLies(World& world) {
    for (auto& client : world.clients) {
        if (client->exists() && client->fate == Fate::Works) checkFalseAnswers(world, *client);
    }
    auto staged = stage(world);
    for (std::size_t i = 0; i < static_cast<std::size_t>(Lie::kSize); ++i) {
        auto lie = static_cast<Lie>(i);
        bool isTold = world.recorded && tell(world, world.server.store(), *world.recorded, lie);
        if (!isTold && staged) isTold = tell(world, *staged->server, staged->session, lie);
        if (isTold) world.counters.add(Count::TruthMadeAnew, lie, 1);
    }
}

namespace {

/// A session of a copy with an older server, until neither has more to say.
base::Status converse(session::ClientSession& session, replica::Replica& replica,
                      intake::Intake& intake, std::uint64_t number) {
    session::ServerSession server(intake, number, replica.identity().exchangeKey.publicKey);
    must(server.onMessage(must(session.start(), "the copy starts a session")), "a first message");
    for (bool moved = true; moved;) {
        moved = false;
        // What the server has to say goes first, so that nothing is pushed before it is heard.
        if (auto down = must(server.produce(), "the older server answers")) {
            CHECK_OK(session.onMessage(down->message));
            moved = true;
            continue;
        }
        if (auto up = must(session.produce(), "the copy goes on")) {
            must(server.onMessage(up->message), "the older server understands the copy");
            moved = true;
        }
        while (must(intake.run([&](std::uint64_t, std::optional<wire::Refused> refused) {
            server.settled(std::move(refused));
        }),
                    "the older server commits")) {
            moved = true;
        }
    }
    must(session.isFinished(), "17: a session with an older server does not end");
    return {};
}

/// As many sessions as one sync may take.
void giveBack(World& world, ClientNode& client, replica::Replica& replica, intake::Intake& intake,
              std::uint64_t& number) {
    constexpr int kSessionsMax = 3;
    bool hadLost = false;
    for (int i = 0; i < kSessionsMax; ++i) {
        session::ClientSession session(replica);
        base::Status end = converse(session, replica, intake, ++number);
        if (session.refusal() == wire::RefusedReason::Unknown) {
            session::ClientSession stranger(replica, session::ClientSession::Purpose::GiveBack);
            must(converse(stranger, replica, intake, ++number),
                 "18: a device that the older server does not know cannot give the directory back");
            world.counters.add(Count::ReturnedByStrangers);
            hadLost = true;
            continue;
        }
        must(end, "18: " + client.name() + " cannot give back what an older server lost");
        if (!session.isReturning()) break;
        hadLost = true;
    }
    must(hadLost, "18: " + client.name() + " does not notice that the server is an older copy");
}

}  // namespace

void checkRestoredServer(World& world, const store::MemoryStore& backup) {
    auto serverStore = backup.clone();
    auto reg = world.server.openCopy(*serverStore);
    intake::Intake intake(*reg, world.server.clock(), world.server.identity());
    std::uint64_t number = 0;
    for (auto& client : world.clients) {
        if (!client->exists() || client->fate != Fate::Works) continue;
        auto store = client->store().clone();
        SeededRandom random(1);
        auto replica =
            must(replica::Replica::open(*store, client->clock(), random), "the copy is opened");
        auto before = placesOf(*replica);
        bool isAhead = std::any_of(before.begin(), before.end(), [&](const Place& p) {
            return reg->state(p.scope).size < p.size;
        });
        if (!isAhead) continue;
        giveBack(world, *client, *replica, intake, number);
        for (const Place& p : before) {
            auto root = must(reg->rootAt(p.scope, p.size), "the older server reads a root");
            must(root == p.root, "1: an older server is not healed by " + client->name());
        }
        world.counters.add(Count::RestoredServersFound);
    }
}

}  // namespace sim
