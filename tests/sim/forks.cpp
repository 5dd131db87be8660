#include "forks.h"

#include "session/server_session.h"

namespace sim {
namespace {

constexpr std::size_t kActs = 3;

/// A device or the server, as it might go on from here.
struct Copy {
    Copy(const store::MemoryStore& from, const base::Clock& clock, base::Random& random)
        : store(from.clone()),
          replica(must(replica::Replica::open(*store, clock, random), "a copy is opened")) {}

    std::unique_ptr<store::MemoryStore> store;
    std::unique_ptr<replica::Replica> replica;
};

/// A whole session.
void synchronise(replica::Replica& replica, intake::Intake& intake, std::uint64_t number) {
    session::ClientSession session(replica);
    session::ServerSession server(intake, number, replica.identity().exchangeKey.publicKey);
    must(server.onMessage(must(session.start(), "a copy starts a session")), "a hello");
    for (bool moved = true; moved && !session.isFinished();) {
        auto up = must(session.produce(), "a copy goes on");
        if (up) must(server.onMessage(up->message), "the copied server understands a copy");
        moved = up || !intake.isIdle();
        while (!intake.isIdle()) {
            must(intake.run([&](std::uint64_t, std::optional<wire::Refused> refused) {
                server.settled(std::move(refused));
            }),
                 "the copied server commits");
        }
        auto down = must(server.produce(), "the copied server answers");
        if (down) must(session.onMessage(down->message), "17: a copy refuses what the server says");
        moved = moved || down;
    }
    must(session.isFinished(), "17: the session of a copy does not end");
}

base::Hash digestOf(replica::Replica& replica, const base::ScopeId& scope) {
    for (const auto& s : must(replica.status(), "a copy says how it is")) {
        if (s.scope == scope && s.stateDigest) return *s.stateDigest;
    }
    violated("6: a copy has no state of " + brief(scope));
}

ClientNode* someWriter(World& world) {
    for (auto& client : world.clients) {
        if (!client->exists() || client->fate != Fate::Works || client.get() == &world.office())
            continue;
        const domain::Unit* unit = client->replica().ownUnit();
        if (unit != nullptr && client->replica().keys().find(unit->scope, 1) != nullptr)
            return client.get();
    }
    return nullptr;
}

void checkReader(replica::Replica& replica, const replica::ObjectKey& object) {
    auto history = must(replica.history(object), "a copy tells a history");
    must(history.size() == kActs, "merge: of " + std::to_string(kActs) +
                                      " acts that were written again " +
                                      std::to_string(history.size()) + " have effect");
    auto row = must(replica.row(object), "a copy shows a row");
    must(row && row->text(domain::Field::Result) == std::to_string(kActs - 1) &&
             row->conflicts() == 0,
         "merge: an act that was written again does not replace what it had replaced");
    std::size_t named = 0;
    for (const auto& one : must(replica.audit(), "a copy shows its audit")) {
        if (one.scope == object.scope && one.change == "entry") ++named;
    }
    must(named >= 2 * kActs, "8: what was written more than once is not named in the audit");
}

}  // namespace

void checkForks(World& world) {
    ClientNode* client = someWriter(world);
    if (client == nullptr) return;
    SeededRandom random(world.random.below(UINT64_MAX));
    auto serverStore = world.server.store().clone();
    auto reg = world.server.openConfirmedCopy(*serverStore);
    intake::Intake intake(*reg, world.server.clock(), world.server.identity());
    Copy a(client->store(), client->clock(), random);
    const base::ScopeId scope = a.replica->ownUnit()->scope;
    const replica::ObjectKey object{scope, domain::ObjectKind::Assignment,
                                    random.make<base::ObjectId>()};
    for (std::size_t i = 0; i < kActs; ++i) {
        auto row = must(a.replica->row(object), "the copy shows a row");
        must(a.replica->append(
                 {scope,
                  {domain::Written{object.kind,
                                   object.id,
                                   {domain::writeOver(row ? &*row : nullptr, domain::Field::Result,
                                                      std::to_string(i))}}}}),
             "the copy writes");
    }
    Copy b(*a.store, client->clock(), random);
    Copy c(*a.store, client->clock(), random);
    Copy office(world.office().store(), world.office().clock(), random);
    for (Copy* copy : {&b, &c}) must(!copy->replica->forked(), "18: a fork is none");
    std::uint64_t number = 0;
    for (Copy* copy : {&b, &c}) {
        synchronise(*copy->replica, intake, ++number);
        must(copy->replica->forkCounts().restated == kActs,
             "18: a copy has not written again what was stranded");
    }
    for (Copy* copy : {&b, &c, &a, &b, &c, &office}) synchronise(*copy->replica, intake, ++number);
    for (Copy* copy : {&a, &b, &c})
        must(copy->replica->pendingEntries() == 0, "17: a copy still has pending entries");
    for (Copy* copy : {&a, &b, &c, &office}) {
        checkReader(*copy->replica, object);
        must(digestOf(*copy->replica, scope) == digestOf(*office.replica, scope),
             "6: copies of a device show different states");
    }
    world.counters.add(Count::ActsWrittenTwice, kActs);
}

}  // namespace sim
