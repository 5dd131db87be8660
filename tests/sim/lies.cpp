#include "lies.h"

namespace sim {
namespace {

enum class Lie {
    DroppedRecord,
    SwappedRecords,
    ChangedEntry,
    ChangedArrival,
    OtherRoot,      // signed by the server's own key
    StrangersHead,  // signed by another key
    HeadOfNothing,
    kSize
};

/// A batch of a recorded message, with its own bytes.
struct Copy {
    wire::Decoded<wire::ServerMessage> decoded;
    wire::Batch batch;
    std::vector<Bytes> changed;
    Bytes head;
};

void forgeHead(Copy& copy, const crypto::SigningKey& key,
               const std::function<void(ledger::Head&)>& change) {
    ledger::Head head = must(ledger::Head::decode(copy.batch.head), "a head is decoded");
    change(head);
    head.sign(key);
    copy.head = head.encode();
    copy.batch.head = copy.head;
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

/// False if this batch gives no occasion for the lie.
bool lieIn(World& world, Copy& copy, Lie lie) {
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
            changeRecord(copy, records.back(), ledger::kArrivalBytes + 64 + 1);
            return true;
        case Lie::ChangedArrival:
            if (records.empty()) return false;
            changeRecord(copy, records.back(), ledger::kArrivalBytes - 1);
            return true;
        case Lie::OtherRoot:
            forgeHead(copy, world.server.headKey(),
                      [&](ledger::Head& h) { h.root = world.random.make<base::Hash>(); });
            return true;
        case Lie::StrangersHead:
            forgeHead(copy, crypto::SigningKey::generate(world.random), [](ledger::Head&) {});
            return true;
        case Lie::HeadOfNothing:
            forgeHead(copy, world.server.headKey(), [](ledger::Head& h) { h.size = 0; });
            return true;
        case Lie::kSize:
            break;
    }
    return false;
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
bool tell(World& world, const World::Recorded& recorded, Lie lie) {
    auto store = recorded.before->clone();
    SeededRandom random(1);
    auto replica = must(replica::Replica::open(*store, recorded.client->clock(), random),
                        "the copy is opened");
    session::ClientSession session(*replica);
    must(session.start(), "the copy starts a session");
    for (const Bytes& message : recorded.down) {
        Copy copy{must(wire::decodeServerMessage(message), "a message is decoded"), {}, {}, {}};
        auto* batch = std::get_if<wire::Batch>(&copy.decoded.message);
        if (batch != nullptr) copy.batch = *batch;
        if (batch == nullptr || !lieIn(world, copy, lie)) {
            if (!session.onMessage(message)) return false;  // it knows less than the first one did
            continue;
        }
        auto before = placesOf(*replica);
        std::uint64_t pending = replica->pendingEntries();
        bool taken = session.onMessage(wire::encode(wire::ServerMessage(copy.batch))).has_value();
        must(!taken && placesOf(*replica) == before && replica->pendingEntries() == pending,
             "5: " + recorded.client->name() + " takes lie " +
                 std::to_string(static_cast<int>(lie)) + " of the server");
        return true;
    }
    return false;
}

}  // namespace

void checkLies(World& world) {
    if (!world.recorded) return;
    for (std::size_t i = 0; i < static_cast<std::size_t>(Lie::kSize); ++i) {
        if (tell(world, *world.recorded, static_cast<Lie>(i)))
            world.counters.add(Count::ServerLiesRefused);
    }
}

void checkRestoredServer(World& world, const store::MemoryStore& backup) {
    auto serverStore = backup.clone();
    auto reg = must(reg::Register::open(*serverStore, world.server.clock(), world.server.headKey()),
                    "13: the older copy of the server is opened");
    intake::Intake intake(*reg, world.server.clock(), world.server.identity());
    std::uint64_t number = 0;
    for (auto& client : world.clients) {
        if (!client->exists() || client->fate != Fate::Works) continue;
        auto store = client->store().clone();
        SeededRandom random(1);
        auto replica =
            must(replica::Replica::open(*store, client->clock(), random), "the copy is opened");
        const domain::Unit* unit = replica->ownUnit();
        bool canWrite =
            unit != nullptr && replica->append({unit->scope,
                                                {domain::Noted{domain::ObjectKind::Assignment,
                                                               {},
                                                               domain::NoteKind::Progress,
                                                               "sau khi khôi phục"}}});
        auto before = placesOf(*replica);
        bool isAhead = std::any_of(before.begin(), before.end(), [&](const Place& p) {
            return reg->state(p.scope).size < p.size;
        });
        session::ClientSession session(*replica);
        session::ServerSession server(intake, ++number, replica->identity().exchangeKey.publicKey);
        must(server.onMessage(must(session.start(), "the copy starts a session")), "a hello");
        base::Status end;
        for (bool moved = true; moved && end;) {
            auto down = must(server.produce(), "the older server answers");
            moved = down.has_value();
            if (down) end = session.onMessage(down->message);
        }
        if (!isAhead) continue;
        must(!end, "18: " + client->name() + " does not notice that the server is an older copy");
        bool isKnown = reg->directory().directory().device(replica->identity().device) != nullptr;
        must(end.error().code == (isKnown ? base::Code::Forked : base::Code::Refused),
             "18: " + client->name() + " says of an older server: " + end.error().message);
        must(placesOf(*replica) == before && replica->pendingEntries() == (canWrite ? 1U : 0U),
             "1: " + client->name() + " has lost something to an older server");
        world.counters.add(Count::RestoredServersFound);
    }
}

}  // namespace sim
