// A device that was put back from a backup or copied: it goes on under a new incarnation, and what
// it had written and nobody had is written again, once.

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "office/administration.h"

using base::Code;
using domain::Field;
using domain::ObjectKind;
using test::InMemoryProvince;
using test::Machine;

namespace {

const base::ObjectId kAssignment = base::ObjectId::from(base::Bytes(16, 9));

/// Keeps an image of every commit.
class RecordingStore final : public store::Store {
public:
    RecordingStore() : m_memory(store::MemoryStore().clone()) {}
    explicit RecordingStore(const store::MemoryStore& from) : m_memory(from.clone()) {}
    base::Result<std::unique_ptr<store::ReadTxn>> read() override { return m_memory->read(); }
    base::Result<std::unique_ptr<store::WriteTxn>> write() override {
        TRY(auto txn, m_memory->write());
        return std::make_unique<Txn>(*this, std::move(txn));
    }
    base::Result<bool> hasRoom() override { return m_memory->hasRoom(); }
    base::Status reopen() override { return m_memory->reopen(); }
    const std::vector<std::unique_ptr<store::MemoryStore>>& images() const { return m_images; }

private:
    class Txn final : public store::WriteTxn {
    public:
        Txn(RecordingStore& store, std::unique_ptr<store::WriteTxn> txn)
            : m_store(store), m_txn(std::move(txn)) {}
        base::Result<bool> get(const store::Table& t, base::ByteView k,
                               base::Bytes& out) const override {
            return m_txn->get(t, k, out);
        }
        base::Status scan(const store::Table& t, base::ByteView from,
                          const store::Visitor& visit) const override {
            return m_txn->scan(t, from, visit);
        }
        base::Result<std::optional<base::Bytes>> lastKey(const store::Table& t,
                                                         base::ByteView prefix) const override {
            return m_txn->lastKey(t, prefix);
        }
        base::Status put(const store::Table& t, base::ByteView k, base::ByteView v) override {
            return m_txn->put(t, k, v);
        }
        base::Status append(const store::Table& t, base::ByteView k, base::ByteView v) override {
            return m_txn->append(t, k, v);
        }
        base::Status erase(const store::Table& t, base::ByteView k) override {
            return m_txn->erase(t, k);
        }
        base::Status commit() override {
            CHECK_OK(m_txn->commit());
            m_store.m_images.push_back(m_store.m_memory->clone());
            return {};
        }

    private:
        RecordingStore& m_store;
        std::unique_ptr<store::WriteTxn> m_txn;
    };

    std::unique_ptr<store::MemoryStore> m_memory;
    std::vector<std::unique_ptr<store::MemoryStore>> m_images;
};

/// A home that lies somewhere else than in a Machine.
struct Home {
    std::unique_ptr<store::MemoryStore> store;
    std::unique_ptr<replica::Replica> replica;

    replica::Replica* operator->() const { return replica.get(); }
    base::ScopeId scope() const { return replica->ownUnit()->scope; }
};

std::unique_ptr<replica::Replica> open(InMemoryProvince& p, store::Store& store) {
    auto replica = replica::Replica::open(store, p.clock, p.random);
    REQUIRE(replica);
    return std::move(*replica);
}

Home copyOf(InMemoryProvince& p, const store::MemoryStore& store) {
    Home out;
    out.store = store.clone();
    out.replica = open(p, *out.store);
    return out;
}

/// As `thongsuot sync`: sessions until neither side has more.
void syncFully(InMemoryProvince& p, replica::Replica& replica) {
    for (int i = 0; i < 3; ++i) {
        const base::IncarnationId before = replica.identity().incarnation;
        auto ended = p.sync(replica);
        if (replica.identity().incarnation != before) {
            REQUIRE_FALSE(ended);
            CHECK(ended.error().code == Code::Forked);
            ended = p.sync(replica);
        }
        if (!ended) FAIL(ended.error().message);
        if (replica.pendingEntries() == 0) return;
    }
    CHECK(replica.pendingEntries() == 0);
}

std::multiset<std::string> notesOf(replica::Replica& replica) {
    std::multiset<std::string> out;
    auto read = replica.eachRow([&](const base::ScopeId&, domain::Row row) {
        if (row.kind() == ObjectKind::Note) out.insert(row.text(Field::NoteText));
        return base::Result<bool>(true);
    });
    if (!read) FAIL(read.error().message);
    return out;
}

domain::Row rowOf(replica::Replica& replica) {
    auto row = replica.row({replica.ownUnit()->scope, ObjectKind::Assignment, kAssignment});
    REQUIRE(row);
    return *row ? **row : domain::Row(ObjectKind::Assignment, kAssignment);
}

/// A note, and the result over all values that are shown.
void write(replica::Replica& replica, const std::string& text) {
    const domain::Row row = rowOf(replica);
    auto written = replica.append(
        {replica.ownUnit()->scope,
         {domain::Written{ObjectKind::Assignment,
                          kAssignment,
                          {domain::writeOver(&row, Field::Result, domain::Value(text))}},
          test::note(text)}});
    if (!written) FAIL(written.error().message);
}

base::Hash digestOf(replica::Replica& replica) {
    auto status = replica.status();
    REQUIRE(status);
    for (const auto& s : *status) {
        if (s.scope == replica.ownUnit()->scope) return s.stateDigest.value();
    }
    FAIL("the unit is not in the status");
    return {};
}

std::vector<std::string> reasonsOf(replica::Replica& replica) {
    std::vector<std::string> out;
    auto audit = replica.audit();
    REQUIRE(audit);
    for (const auto& one : *audit) out.push_back(one.reason);
    return out;
}

std::size_t rowsIn(store::Store& store, const store::Table& table) {
    std::size_t out = 0;
    auto txn = store.read();
    REQUIRE(txn);
    REQUIRE((*txn)->scan(table, {}, [&](base::ByteView, base::ByteView) {
        ++out;
        return base::Result<bool>(true);
    }));
    return out;
}

struct Copies {
    /// A copy that has learnt, from whatever, that another one goes on under its name.
    Home stranded(const store::MemoryStore& store) {
        Home out = copyOf(p, store);
        auto told = out->forked();
        CHECK((!told && told.error().code == Code::Forked));
        return out;
    }
    /// What everybody who reads the unit sees, however much of it at once.
    void checkReaders(const std::multiset<std::string>& notes, const std::string& result) {
        syncFully(p, *reader);
        auto late = p.join("X01", domain::roles::kOfficer);
        for (replica::Replica* one : {reader->replica.get(), late->replica.get()}) {
            CHECK(notesOf(*one) == notes);
            CHECK(rowOf(*one).text(Field::Result) == result);
        }
        CHECK((digestOf(*reader) == digestOf(*late)));
    }

    InMemoryProvince p;
    std::unique_ptr<Machine> a = p.join("X01", domain::roles::kOfficer);
    std::unique_ptr<Machine> reader = p.join("X01", domain::roles::kOfficer);
};

}  // namespace

TEST_CASE("restating: a device put back to any step of its work loses and doubles nothing") {
    InMemoryProvince p;
    RecordingStore home;
    auto a = p.joinIn(home, "X01", domain::roles::kOfficer);
    auto reader = p.join("X01", domain::roles::kOfficer);
    for (const char* text : {"một", "hai"}) {
        write(*a, text);
        write(*a, std::string(text) + " thêm");
        REQUIRE(p.sync(*a));
    }
    const std::multiset<std::string> all{"một", "một thêm", "hai", "hai thêm"};
    auto server = p.serverStore.clone();
    REQUIRE(home.images().size() > 10);
    std::size_t forks = 0;
    std::size_t again = 0;
    for (const auto& image : home.images()) {
        // Put back, it works before it synchronises, where it can.
        auto served = server->clone();
        p.restartServer(*served);
        RecordingStore restored(*image);
        auto b = open(p, restored);
        std::multiset<std::string> expected = all;
        const domain::Unit* unit = b->ownUnit();
        if (unit != nullptr && b->keys().find(unit->scope, 1) != nullptr) {
            write(*b, "sau");
            expected.insert("sau");
        }
        std::size_t steps = restored.images().size();
        syncFully(p, *b);
        forks += b->forkCounts().opened;
        again += b->forkCounts().restated;
        CHECK(b->forkCounts().kept == 0);
        CHECK(notesOf(*b) == expected);
        CHECK(reasonsOf(*b).empty());
        CHECK(rowsIn(restored, replica::kStranded) == 0);
        Home read = copyOf(p, reader->store);
        syncFully(p, *read.replica);
        CHECK(notesOf(*read.replica) == expected);
        CHECK((digestOf(*read.replica) == digestOf(*b)));

        // … and is put back again to any step of that, or was killed there.
        auto servedThen = served->clone();
        for (std::size_t i = steps; i < restored.images().size(); ++i) {
            auto servedAgain = servedThen->clone();
            p.restartServer(*servedAgain);
            Home c = copyOf(p, *restored.images()[i]);
            syncFully(p, *c.replica);
            CHECK(notesOf(*c.replica) == expected);
            CHECK(rowsIn(*c.store, replica::kStranded) == 0);
            Home last = copyOf(p, *read.store);
            syncFully(p, *last.replica);
            CHECK((digestOf(*last.replica) == digestOf(*c.replica)));
            p.stopServer();
        }
        p.stopServer();
    }
    CHECK(forks > 3);
    CHECK(again > 3);
}

TEST_CASE("restating: two copies that work at once go on side by side after one new name") {
    Copies t;
    write(*t.a, "chung");
    Home b = copyOf(t.p, t.a->store);
    write(*t.a, "của bản một");
    write(*b.replica, "của bản hai");
    std::multiset<std::string> notes{"chung", "của bản một", "của bản hai"};
    for (int round = 0; round < 4; ++round) {
        syncFully(t.p, *t.a);
        syncFully(t.p, *b.replica);
        const std::string number = std::to_string(round);
        for (replica::Replica* one : {t.a->replica.get(), b.replica.get()}) {
            const std::string text = (one == b.replica.get() ? "hai " : "một ") + number;
            write(*one, text);
            notes.insert(text);
        }
    }
    syncFully(t.p, *t.a);
    syncFully(t.p, *b.replica);
    syncFully(t.p, *t.a);
    CHECK((*t.a)->forkCounts().opened + b->forkCounts().opened == 1);
    CHECK(b->forkCounts().restated == 1);
    CHECK(b->forkCounts().received == 1);  // "chung", which the other copy had sent
    CHECK(notesOf(*t.a) == notes);
    CHECK(notesOf(*b.replica) == notes);
    CHECK((digestOf(*t.a) == digestOf(*b.replica)));
    auto incarnations = t.p.office->incarnations();
    syncFully(t.p, t.p.office);
    incarnations = t.p.office->incarnations();
    REQUIRE(incarnations);
    CHECK(incarnations->at((*t.a)->identity().device) == 2);
}

TEST_CASE("restating: what was written again keeps its time, its name and what it replaced") {
    Copies t;
    t.p.clock.now += 1000;
    const base::TimeMs claimed = t.p.clock.now;
    write(*t.a, "một");
    write(*t.a, "hai");
    t.p.clock.now += 60'000;
    Home b = t.stranded(t.a->store);
    CHECK(notesOf(*b.replica) == notesOf(*t.a));  // stranded work is shown
    CHECK(b->pendingEntries() == 2);
    REQUIRE(t.p.sync(*b.replica));
    CHECK(b->pendingActs() == (*t.a)->pendingActs());
    CHECK(rowOf(*b.replica).text(Field::Result) == "hai");
    CHECK(rowOf(*b.replica).conflicts() == 0);
    REQUIRE(t.p.sync(*b.replica));
    CHECK(rowOf(*b.replica).conflicts() == 0);
    auto history = b->history({b.scope(), ObjectKind::Assignment, kAssignment});
    REQUIRE(history);
    REQUIRE(history->size() == 2);
    CHECK(history->front().claimed == claimed);
    CHECK(history->front().received == t.p.clock.now);
    t.checkReaders({"một", "hai"}, "hai");
}

TEST_CASE("restating: work goes on over what is stranded, before it is written again") {
    Copies t;
    write(*t.a, "một");
    write(*t.a, "hai");
    Home b = t.stranded(t.a->store);
    write(*b.replica, "ba");  // names what is stranded, and comes before it in the ledger
    CHECK(rowOf(*b.replica).text(Field::Result) == "ba");
    CHECK(rowOf(*b.replica).conflicts() == 0);
    b.replica = open(t.p, *b.store);
    CHECK(b->pendingEntries() == 3);
    syncFully(t.p, *b.replica);
    t.checkReaders({"một", "hai", "ba"}, "ba");
    CHECK(rowOf(*t.reader).conflicts() == 0);
}

TEST_CASE("restating: a chain says where it goes on from") {
    Copies t;
    write(*t.a, "một");
    REQUIRE(t.p.sync(*t.a));
    write(*t.a, "hai");
    const replica::Identity old = (*t.a)->identity();
    auto held = t.p.intake->chain({t.a->scope(), old.device, old.incarnation});
    REQUIRE(held);
    Home b = t.stranded(t.a->store);
    REQUIRE(t.p.sync(*b.replica));
    REQUIRE(b->hello());
    auto bytes = b->nextSegment();
    REQUIRE(bytes);
    REQUIRE(*bytes);
    auto segment = ledger::parseSegment(**bytes);
    REQUIRE(segment);
    CHECK(segment->chain.incarnation == b->identity().incarnation);
    ledger::ChainState start;
    auto entry = ledger::advance(start, segment->entries[0]);
    REQUIRE(entry);
    REQUIRE(entry->header.continues);
    CHECK(*entry->header.continues == ledger::Continues{old.incarnation, held->nextSeq, held->tip});
}

TEST_CASE("restating: of an entry and its repetition the first to arrive has effect") {
    Copies t;
    write(*t.a, "một");
    Home b = t.stranded(t.a->store);
    std::string reason;
    SECTION("the repetition came first") {
        syncFully(t.p, *b.replica);
        write(*t.a, "hai");  // names what the ledger knows only by its repetition
        REQUIRE(t.p.sync(*t.a));
        reason = "had been written again before it arrived";
        t.checkReaders({"một", "hai"}, "hai");
        CHECK(rowOf(*t.reader).conflicts() == 0);
    }
    SECTION("the entry came first") {
        REQUIRE(t.p.sync(*b.replica));  // written again, not sent yet
        REQUIRE(t.p.sync(*t.a));
        syncFully(t.p, *b.replica);
        reason = "was written again although it had arrived";
        t.checkReaders({"một"}, "một");
    }
    SECTION("the repetition of another copy came first") {
        Home c = t.stranded(t.a->store);
        REQUIRE(t.p.sync(*b.replica));
        REQUIRE(t.p.sync(*c.replica));
        syncFully(t.p, *b.replica);
        syncFully(t.p, *c.replica);
        reason = "was written again a second time";
        t.checkReaders({"một"}, "một");
        CHECK((digestOf(*t.reader) == digestOf(*c.replica)));
    }
    CHECK(reasonsOf(*t.reader) == std::vector<std::string>{reason});
}

TEST_CASE("restating: what another copy has written again is not written again here") {
    Copies t;
    write(*t.a, "một");
    Home b = t.stranded(t.a->store);
    Home c = t.stranded(t.a->store);
    syncFully(t.p, *b.replica);
    syncFully(t.p, *c.replica);
    CHECK(c->forkCounts().received == 1);
    CHECK(c->forkCounts().restated == 0);
    t.checkReaders({"một"}, "một");
    CHECK(reasonsOf(*t.reader).empty());
}

TEST_CASE("restating: work that was stranded twice is written once") {
    Copies t;
    write(*t.a, "một");
    write(*t.a, "hai");
    Home b = t.stranded(t.a->store);
    REQUIRE(t.p.sync(*b.replica));  // written again under the second name
    write(*b.replica, "ba");
    Home c = t.stranded(*b.store);
    CHECK(notesOf(*c.replica) == std::multiset<std::string>{"một", "hai", "ba"});
    SECTION("all copies send theirs") {
        syncFully(t.p, *c.replica);
        syncFully(t.p, *b.replica);
        syncFully(t.p, *t.a);
    }
    SECTION("in the other order") {
        syncFully(t.p, *t.a);
        syncFully(t.p, *b.replica);
        syncFully(t.p, *c.replica);
    }
    t.checkReaders({"một", "hai", "ba"}, "ba");
    CHECK(rowOf(*t.reader).conflicts() == 0);
}

TEST_CASE("restating: nobody restates in a chain that goes on from no other") {
    Copies t;
    write(*t.a, "một");
    const replica::Identity& id = (*t.a)->identity();
    ledger::Header header;
    header.keyVersion = 1;
    header.restates = base::Hash::from(base::Bytes(32, 7));
    replica::Identity other = id;
    other.incarnation = t.p.random.make<base::IncarnationId>();
    SECTION("it continues none") {}
    SECTION("it continues itself") {
        header.continues = ledger::Continues{other.incarnation, 0, {}};
    }
    auto verdict = t.p.push(id.device, test::sealedEntry(other, t.a->scope(), header, {}));
    REQUIRE(verdict);
    CHECK_FALSE(*verdict);
    syncFully(t.p, *t.reader);
    CHECK(reasonsOf(*t.reader) ==
          std::vector<std::string>{"was written again in a chain that continues no other"});
}

TEST_CASE("restating: stranded work waits for a key") {
    Copies t;
    write(*t.a, "một");
    Home b = t.stranded(t.a->store);
    REQUIRE(t.p.sync(t.p.office));
    const domain::Directory& directory = t.p.office->directory().directory();
    auto made = t.p.office->keys().make(directory, t.a->scope(), t.p.random);
    REQUIRE(made);
    REQUIRE(t.p.office->append({directory.directoryScopeId(), {made->change}}));
    REQUIRE(t.p.sync(t.p.office));  // a new key, granted to nobody yet
    REQUIRE(t.p.sync(*b.replica));
    CHECK(b->pendingEntries() == 1);
    CHECK(b->forkCounts().restated == 0);
    CHECK(notesOf(*b.replica) == std::multiset<std::string>{"một"});
    t.p.settleOffice();
    syncFully(t.p, *b.replica);
    CHECK(b->forkCounts().restated == 1);
    t.checkReaders({"một"}, "một");
}

TEST_CASE("restating: an administrator's stranded acts are written again where they still count") {
    InMemoryProvince p;
    Home other = copyOf(p, p.office.store);
    const std::vector<office::UnitLine> shared{{"X03", "Xã Ba", domain::UnitLevel::Commune, ""}};
    const std::vector<office::UnitLine> own{{"X04", "Xã Tư", domain::UnitLevel::Commune, ""}};
    REQUIRE(office::importUnits(p.office, shared));
    REQUIRE(p.sync(p.office));
    REQUIRE(office::importUnits(*other.replica, own));
    REQUIRE(office::importUnits(*other.replica, shared));
    REQUIRE(office::invite(*other.replica,
                           {"X04", "Phạm Văn Cầu", domain::roles::kOfficer, 1000, "server:7443"}));
    syncFully(p, *other.replica);
    CHECK(other->forkCounts().restated == 2);
    CHECK(other->forkCounts().kept == 1);  // another copy had made a key for that unit
    const domain::Directory& directory = other->directory().directory();
    REQUIRE(directory.unit("X04") != nullptr);
    CHECK(directory.keysOf(directory.unit("X04")->scope).size() == 1);
    CHECK(directory.keysOf(directory.unit("X03")->scope).size() == 1);
    CHECK(other->keys().find(directory.unit("X04")->scope, 1) != nullptr);
    auto reasons = reasonsOf(*other.replica);
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].find("could not be written again: another copy") == 0);
    CHECK(other->audit()->front().change == "unit_described");
    CHECK(other->pendingEntries() == 0);
    CHECK(rowsIn(*other.store, replica::kStranded) == 1);
    other.replica = open(p, *other.store);
    CHECK(reasonsOf(*other.replica).size() == 1);
    REQUIRE(p.sync(p.office));
    CHECK(p.office->directory().withoutEffect().empty());
}

TEST_CASE("restating: a server that lost what it signed is no fork") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    auto backup = p.serverStore.clone();
    write(*a, "một");
    REQUIRE(p.sync(*a));
    write(*a, "hai");
    const base::IncarnationId before = (*a)->identity().incarnation;
    p.restartServer(*backup);
    REQUIRE_FALSE(p.sync(*a));  // it pushes behind its hello, and hears of a gap
    REQUIRE(p.sync(*a));        // it gives back what it holds
    auto paused = p.sync(*a);   // no new work is taken yet
    REQUIRE_FALSE(paused);
    CHECK(paused.error().code == Code::ServerPaused);
    CHECK(p.reg->state(a->scope()).size == 1);
    CHECK(((*a)->identity().incarnation == before));
    CHECK((*a)->pendingEntries() == 1);
    p.stopServer();
}

TEST_CASE("restating: an act has room to be written again") {
    Copies t;
    // Letters that do not pack: the longest act that fits.
    auto fits = [&](std::size_t bytes) {
        base::Bytes noise(bytes / 2);
        t.p.random.fill(noise);
        const std::string text = base::toHex(noise);
        replica::Act act{t.a->scope(), {}};
        for (std::size_t i = 0; i < text.size(); i += 30'000)
            act.changes.push_back(test::note(text.substr(i, 30'000)));
        return (*t.a)->append(act).has_value();
    };
    std::size_t low = 60'000;
    std::size_t high = 200'000;
    while (high - low > 16) {
        const std::size_t middle = (low + high) / 2;
        (fits(middle) ? low : high) = middle;
    }
    Home b = t.stranded(t.a->store);
    syncFully(t.p, *b.replica);
    CHECK(b->forkCounts().kept == 0);
    CHECK(b->forkCounts().restated > 3);
    CHECK(notesOf(*b.replica) == notesOf(*t.a));
}

TEST_CASE("restating: what a copy has written behind this device's back comes whole, not by name") {
    InMemoryProvince p;
    auto machine = p.join("X01", domain::roles::kOfficer);
    REQUIRE((*machine)->append({machine->scope(), {test::note("chung")}}));
    Home copy = copyOf(p, machine->store);
    REQUIRE(copy->append({copy.scope(), {test::note("của bản sao")}}));

    // A session in which the device sends the note that both have …
    session::ClientSession client(*machine->replica);
    session::ServerSession server(*p.intake, 1'000, (*machine)->identity().exchangeKey.publicKey);
    auto hello = client.start();
    REQUIRE(hello);
    REQUIRE(server.onMessage(*hello));
    auto settle = [&](std::uint64_t, std::optional<wire::Refused> refused) {
        server.settled(std::move(refused));
    };
    for (auto up = client.produce(); up && *up; up = client.produce())
        REQUIRE(server.onMessage((*up)->message));
    REQUIRE(p.intake->run(settle));
    auto answer = server.produce();
    REQUIRE(answer);
    REQUIRE(*answer);
    REQUIRE(client.onMessage((*answer)->message));
    // … and has heard the answer is overtaken by the copy's own, which sends another one. The
    // device writes, too, under the same number.
    syncFully(p, *copy.replica);
    REQUIRE((*machine)->append({machine->scope(), {test::note("của máy")}}));
    base::Status ended;
    for (bool moved = true; moved && ended && !client.isFinished();) {
        auto down = server.produce();
        REQUIRE(down);
        if (*down) ended = client.onMessage((*down)->message);
        auto up = ended ? client.produce() : decltype(client.produce())();
        if (ended && up && *up) REQUIRE(server.onMessage((*up)->message));
        auto ran = p.intake->run(settle);
        REQUIRE(ran);
        moved = *down || (up && *up) || *ran;
    }
    if (!ended) {
        INFO(ended.error().message);
        CHECK(ended.error().code == Code::Forked);
        CHECK(ended.error().message.find("signed another history") == std::string::npos);
    }
    syncFully(p, *machine->replica);
    syncFully(p, *copy.replica);
    const std::multiset<std::string> all{"chung", "của bản sao", "của máy"};
    CHECK(notesOf(*machine->replica) == all);
    CHECK(notesOf(*copy.replica) == all);
}
