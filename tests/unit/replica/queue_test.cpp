// Work that came without the right: what the office is sent of it, and what its decisions do.

#include "office/queue.h"
#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "base/limits.h"
#include "ledger/body.h"
#include "office/administration.h"
#include "session/server_session.h"
#include "wire/body.h"
#include "wire/compress.h"

using base::Bytes;
using base::Code;
using domain::Field;
using replica::QueueItem;
using test::InMemoryProvince;
using test::Machine;

namespace {

constexpr base::TimeMs kWeekMs = 7LL * 24 * 3600 * 1000;

struct Offices {
    Offices()
        : second(p.join("ST", domain::roles::kProvincial)),
          a(p.join("X01", domain::roles::kOfficer)),
          b(p.join("X01", domain::roles::kOfficer)) {}

    void write(Machine& machine, domain::Change change) {
        REQUIRE(machine->append({a->scope(), {std::move(change)}}));
    }
    /// Writes over what the machine shows.
    void setResult(Machine& machine, const std::string& text) {
        auto row = machine->row(object());
        REQUIRE(row);
        domain::Written written{domain::ObjectKind::Assignment, object().id, {}};
        written.fields.push_back(
            domain::writeOver(*row ? &**row : nullptr, Field::Result, domain::Value(text)));
        write(machine, written);
    }
    replica::ObjectKey object() const {
        return {a->scope(), domain::ObjectKind::Assignment, base::ObjectId()};
    }
    void revoke(Machine& machine) {
        const domain::Directory& directory = p.office->directory().directory();
        REQUIRE(
            p.office->append({directory.directoryScopeId(),
                              {domain::DeviceRevoked{machine->identity().device, "tưởng mất"}}}));
        p.settleOffice();
    }
    /// An entry of the machine's device in X01, the first of a chain of its own, with changes that
    /// this program would not write together, as a sealed segment.
    Bytes sealed(Machine& machine, const std::vector<domain::Change>& changes) {
        replica::Identity by = machine->identity();
        by.incarnation = p.random.make<base::IncarnationId>();
        ledger::Header header;
        header.keyVersion = 1;
        header.seen.directorySize = p.office->directory().directory().size();
        const auto start =
            ledger::ChainState::start(by.province, {a->scope(), by.device, by.incarnation});
        const Bytes packed = wire::compress(wire::encodeBody(changes), wire::kBodyLevel, 0);
        Bytes body;
        ledger::sealBody(*machine->keys().find(a->scope(), 1), start.tip,
                         ledger::encodeHeader(header, start), packed, body);
        return test::sealedEntry(by, a->scope(), header, body);
    }
    /// The machine comes back after a week and sends what it has: into the quarantine.
    void bringParcel(Machine& machine) {
        p.clock.now += kWeekMs;
        auto refused = p.sync(machine);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::Refused);
    }
    std::vector<QueueItem> queueOf(replica::Replica& office) {
        auto items = office::queue(office);
        REQUIRE(items);
        return *items;
    }
    void syncAll() {
        for (int round = 0; round < 2; ++round) {
            REQUIRE(p.sync(p.office));
            REQUIRE(p.sync(*second));
            REQUIRE(p.sync(*b));
        }
    }
    std::vector<std::string> notesAt(Machine& machine) {
        std::vector<std::string> out;
        REQUIRE(machine->eachRow([&](const base::ScopeId&, domain::Row row) {
            if (row.kind() == domain::ObjectKind::Note) out.push_back(row.text(Field::NoteText));
            return base::Result<bool>(true);
        }));
        return out;
    }
    std::size_t audited(Machine& machine, const std::string& reason) {
        auto items = machine->audit();
        REQUIRE(items);
        return static_cast<std::size_t>(std::count_if(
            items->begin(), items->end(), [&](const auto& item) { return item.reason == reason; }));
    }
    void mustAgree() {
        auto digestAt = [&](Machine& machine) {
            auto all = machine->status();
            REQUIRE(all);
            for (const auto& s : *all) {
                if (s.scope == a->scope()) return s.stateDigest;
            }
            return std::optional<base::Hash>();
        };
        REQUIRE(digestAt(*b));
        CHECK(digestAt(*b) == digestAt(p.office));
        CHECK(digestAt(*b) == digestAt(*second));
    }
    /// The segment that lies in the quarantine for the only chain there, with when it came.
    session::ServerPort::Quarantined lying() {
        auto found = p.reg->quarantinedAfter(0);
        REQUIRE(found);
        REQUIRE(*found);
        return **found;
    }

    InMemoryProvince p;
    std::unique_ptr<Machine> second;  // office
    std::unique_ptr<Machine> a;
    std::unique_ptr<Machine> b;
};

std::string idOf(const QueueItem& item) {
    return item.entry.hex();
}

/// A first entry of another incarnation of the machine's device, whatever its header says.
Bytes crafted(InMemoryProvince& p, Machine& by, ledger::Header header, const std::string& note) {
    replica::Identity id = by->identity();
    id.incarnation = p.random.make<base::IncarnationId>();
    header.keyVersion = 1;
    header.seen.directorySize = p.office->directory().size();
    const auto start =
        ledger::ChainState::start(id.province, {by.scope(), id.device, id.incarnation});
    const domain::Change change = test::note(note);
    const Bytes packed =
        wire::compress(wire::encodeBody(std::span(&change, 1)), wire::kBodyLevel, 0);
    Bytes body;
    ledger::sealBody(*by->keys().find(by.scope(), 1), start.tip,
                     ledger::encodeHeader(header, start), packed, body);
    return test::sealedEntry(id, by.scope(), header, body);
}

/// That it writes an act of this machine again, in a chain that goes on from the machine's.
ledger::Header restating(Machine& machine, const base::Hash& act, base::TimeMs claimed) {
    ledger::Header header;
    header.claimed = claimed;
    header.restates = act;
    header.continues = ledger::Continues{machine->identity().incarnation, 1, act};
    return header;
}

domain::Change only(const QueueItem& item) {
    REQUIRE(item.changes.size() == 1);
    return item.changes[0].change;
}

/// What a device with this hello is told until the server has nothing more to say.
std::vector<wire::ServerMessage> told(InMemoryProvince& p, Machine& machine, wire::Hello hello) {
    hello.pendingEntries = 0;
    session::ServerSession session(*p.intake, 4711, machine->identity().exchangeKey.publicKey);
    REQUIRE(session.onMessage(wire::encode(wire::ClientMessage(hello))));
    std::vector<wire::ServerMessage> out;
    static std::vector<std::shared_ptr<void>> storage;  // what the messages borrow from
    while (!session.isFinished()) {
        auto message = session.produce();
        REQUIRE(message);
        REQUIRE(*message);
        auto decoded = wire::decodeServerMessage((*message)->message);
        REQUIRE(decoded);
        storage.push_back(decoded->storage);
        out.push_back(decoded->message);
    }
    return out;
}

template <class M>
std::size_t countOf(const std::vector<wire::ServerMessage>& messages) {
    return static_cast<std::size_t>(
        std::count_if(messages.begin(), messages.end(),
                      [](const auto& m) { return std::holds_alternative<M>(m); }));
}

}  // namespace

TEST_CASE("queue: a revoked device's work reaches the office, which adopts and refuses it") {
    Offices o;
    const base::TimeMs written = o.p.clock.now;
    o.write(*o.a, test::note("một"));
    o.write(*o.a, test::note("hai"));
    o.revoke(*o.a);
    o.bringParcel(*o.a);
    REQUIRE(o.p.sync(o.p.office));
    o.p.restart(o.p.office);  // it is durable
    auto items = o.queueOf(o.p.office);
    REQUIRE(items.size() == 2);
    CHECK(items[0].kind == QueueItem::Kind::Quarantine);
    CHECK(items[0].what.device == (*o.a)->identity().device);
    CHECK(items[0].scope == o.a->scope());
    CHECK(items[0].claimed == written);
    CHECK(items[0].arrived == o.p.clock.now);
    CHECK(items[0].unreadable.empty());
    REQUIRE(items[0].changes.size() == 1);
    CHECK(items[0].changes[0].change == test::note("một"));
    CHECK(items[0].changes[0].reason.empty());
    CHECK(o.queueOf(*o.second).empty());  // has not synchronised

    auto adopted = office::adopt(o.p.office, idOf(items[0]).substr(0, 16));
    REQUIRE(adopted);
    CHECK(o.queueOf(o.p.office).size() == 1);  // also while the decision is pending
    CHECK(office::adopt(o.p.office, idOf(items[0])).error().code == Code::InvalidInput);
    CHECK(office::refuse(o.p.office, idOf(items[1]), "  ").error().code == Code::Usage);
    CHECK(office::refuse(o.p.office, idOf(items[1]), std::string(600, 'x')).error().code ==
          Code::Limit);
    REQUIRE(office::refuse(o.p.office, idOf(items[1]), "viết nhầm"));
    CHECK(o.queueOf(o.p.office).empty());
    o.syncAll();
    CHECK(o.queueOf(o.p.office).empty());
    CHECK(o.queueOf(*o.second).empty());
    for (Machine* machine : {&o.p.office, o.second.get(), o.b.get()}) {
        CHECK(o.notesAt(*machine) == std::vector<std::string>{"một"});
        CHECK(o.audited(*machine, "the office has refused it: viết nhầm") == 1);
        auto history = (*machine)->history(o.object());
        REQUIRE(history);
        REQUIRE(history->size() == 1);
        const auto& item = history->front();
        CHECK(item.device == o.p.office->identity().device);
        REQUIRE(item.adopted);
        CHECK(item.adopted->device == (*o.a)->identity().device);
        CHECK(item.adopted->entry == items[0].what.act);
        CHECK(item.adopted->claimed == written);
        CHECK(item.writeId == ledger::writeIdOf(items[0].what.act));
    }
    o.mustAgree();
    auto hello = o.p.office->hello();
    REQUIRE(hello);
    auto said = told(o.p, o.p.office, *hello);
    CHECK(said.size() == 1);  // an office at rest hears one message
    CHECK(countOf<wire::Same>(said) == 1);
}

TEST_CASE("queue: nobody but the office is sent what lies in the quarantine") {
    Offices o;
    auto auditor = o.p.join("ST", domain::roles::kAuditor);
    o.write(*o.a, test::note("một"));
    o.revoke(*o.a);
    o.bringParcel(*o.a);
    for (Machine* machine : {o.b.get(), auditor.get()}) {
        REQUIRE(o.p.sync(*machine));
        auto hello = (*machine)->hello();
        REQUIRE(hello);
        CHECK(hello->quarantine == 0);
        hello->quarantine = 1;
        auto said = told(o.p, *machine, *hello);
        CHECK(countOf<wire::Quarantined>(said) == 0);
        CHECK(countOf<wire::Same>(said) == 1);
        const auto lying = o.lying();
        auto taken = (*machine)->quarantined({lying.at, lying.why, lying.segment});
        REQUIRE_FALSE(taken);
        CHECK(taken.error().code == Code::Malformed);
        CHECK((*machine)->queue()->empty());
        CHECK((*machine)->queueSize().value() == 0);
        CHECK(office::queue(*machine->replica).error().code == Code::NotPermitted);
    }
    auto hello = o.p.office->hello();
    REQUIRE(hello);
    hello->quarantine = 0;  // a program of before
    CHECK(countOf<wire::Quarantined>(told(o.p, o.p.office, *hello)) == 0);
}

TEST_CASE("queue: an office is sent what came later, and all if the server was put back") {
    Offices o;
    auto c = o.p.join("X02", domain::roles::kOfficer);
    o.write(*o.a, test::note("một"));
    REQUIRE((*c)->append({c->scope(), {test::note("hai")}}));
    o.revoke(*o.a);
    o.revoke(*c);
    o.bringParcel(*o.a);
    REQUIRE(o.p.sync(o.p.office));
    auto hello = o.p.office->hello();
    REQUIRE(hello);
    CHECK(hello->quarantine == static_cast<std::uint64_t>(o.p.clock.now) + 1);
    o.bringParcel(*c);
    CHECK(countOf<wire::Quarantined>(told(o.p, o.p.office, *hello)) == 1);
    hello->quarantine = 1;
    CHECK(countOf<wire::Quarantined>(told(o.p, o.p.office, *hello)) == 2);
    hello->quarantine = static_cast<std::uint64_t>(o.p.clock.now) + 2;
    CHECK(countOf<wire::Quarantined>(told(o.p, o.p.office, *hello)) == 2);
    REQUIRE(o.p.sync(o.p.office));
    CHECK(o.queueOf(o.p.office).size() == 2);
    // Sent again, it is there once.
    REQUIRE(o.p.office->setSetting("quarantine-heard", Bytes(8)));
    REQUIRE(o.p.sync(o.p.office));
    CHECK(o.queueOf(o.p.office).size() == 2);
}

TEST_CASE("queue: the office takes nothing that does not verify") {
    Offices o;
    o.write(*o.a, test::note("một"));
    o.revoke(*o.a);
    o.bringParcel(*o.a);
    const auto lying = o.lying();
    auto refused = [&](std::uint64_t at, const Bytes& segment) {
        auto taken = o.p.office->quarantined({at, wire::kOfRevoked, segment});
        REQUIRE_FALSE(taken);
        CHECK(o.queueOf(o.p.office).empty());
        CHECK(o.p.office->hello()->quarantine == 1);
        return taken.error().code;
    };
    for (std::size_t place : {std::size_t{0}, std::size_t{16}, std::size_t{32}, std::size_t{48},
                              std::size_t{60}, std::size_t{120}, lying.segment.size() - 1}) {
        Bytes changed = lying.segment;
        changed[place] ^= 1;
        refused(lying.at, changed);
    }
    CHECK(refused(0, lying.segment) == Code::Malformed);
    CHECK(refused(UINT64_MAX, lying.segment) == Code::Malformed);
    Bytes longer = lying.segment;
    longer.push_back(0);
    CHECK(refused(lying.at, longer) == Code::Malformed);
    replica::Identity stranger = (*o.a)->identity();
    stranger.deviceKey = crypto::SigningKey::generate(o.p.random);
    stranger.device = o.p.random.make<base::DeviceId>();
    CHECK(refused(lying.at, test::sealedEntry(stranger, o.a->scope(), {}, Bytes(40))) ==
          Code::Malformed);
    REQUIRE(o.p.office->quarantined({lying.at, wire::kOfRevoked, lying.segment}));
    CHECK(o.queueOf(o.p.office).size() == 1);
}

TEST_CASE("queue: a longer segment of a chain takes the place of what it goes on from") {
    Offices o;
    for (const char* text : {"một", "hai", "ba"}) o.write(*o.a, test::note(text));
    const Bytes all = test::pendingSegment(o.p, *o.a);
    const Bytes two = test::segmentOf(*o.a, all, 0, 2);
    const Bytes late = test::segmentOf(*o.a, all, 1, 3);
    auto take = [&](std::uint64_t at, const Bytes& segment) {
        return o.p.office->quarantined({at, wire::kWithoutRight, segment});
    };
    REQUIRE(take(1, two));
    CHECK(o.queueOf(o.p.office).size() == 2);
    CHECK_FALSE(take(2, late));  // its beginning is not ordered
    REQUIRE(take(2, all));
    CHECK(o.queueOf(o.p.office).size() == 3);
    REQUIRE(take(3, two));
    CHECK(o.queueOf(o.p.office).size() == 3);
    // What the ledger holds waits for nobody.
    REQUIRE(o.p.sync(*o.a));
    REQUIRE(o.p.sync(o.p.office));
    CHECK(o.queueOf(o.p.office).empty());
    REQUIRE(take(4, all));
    CHECK(o.queueOf(o.p.office).empty());
}

TEST_CASE("queue: in whatever order a chain is adopted, its author's last word stands alone") {
    Offices o;
    const bool isForward = GENERATE(true, false);
    o.setResult(*o.a, "bản đầu");
    o.setResult(*o.a, "bản sửa");
    o.revoke(*o.a);
    o.bringParcel(*o.a);
    REQUIRE(o.p.sync(o.p.office));
    auto items = o.queueOf(o.p.office);
    REQUIRE(items.size() == 2);
    if (!isForward) std::swap(items[0], items[1]);
    for (const QueueItem& item : items) {
        REQUIRE(office::adopt(o.p.office, idOf(item)));
        auto pending = o.p.office->row(o.object());
        REQUIRE(pending);
        REQUIRE(*pending);
        CHECK((*pending)->conflicts() == 0);
    }
    o.syncAll();
    for (Machine* machine : {&o.p.office, o.second.get(), o.b.get()}) {
        auto row = (*machine)->row(o.object());
        REQUIRE(row);
        REQUIRE(*row);
        CHECK((*row)->conflicts() == 0);
        CHECK((*row)->text(Field::Result) == "bản sửa");
    }
    o.mustAgree();
}

TEST_CASE("queue: of two decisions about one entry the first in the ledger counts") {
    Offices o;
    o.write(*o.a, test::note("một"));
    o.revoke(*o.a);
    o.bringParcel(*o.a);
    REQUIRE(o.p.sync(o.p.office));
    REQUIRE(o.p.sync(*o.second));
    const std::string id = idOf(o.queueOf(o.p.office).front());
    const bool isFirstAdopted = GENERATE(true, false);
    const bool isSecondAdopted = GENERATE(true, false);
    auto decide = [&](replica::Replica& office, bool adopts) {
        if (adopts) return office::adopt(office, id).has_value();
        return office::refuse(office, id, "không").has_value();
    };
    REQUIRE(decide(o.p.office, isFirstAdopted));
    REQUIRE(decide(*o.second->replica, isSecondAdopted));
    o.syncAll();
    const std::size_t notes = isFirstAdopted ? 1 : 0;
    for (Machine* machine : {&o.p.office, o.second.get(), o.b.get()}) {
        CHECK(o.notesAt(*machine).size() == notes);
        CHECK(o.audited(*machine, "the office had decided about it before") == 1);
    }
    o.mustAgree();
    o.p.restart(*o.b);
    CHECK(o.notesAt(*o.b).size() == notes);
}

TEST_CASE("queue: what arrives after the office has decided about it has no second effect") {
    Offices o;
    o.write(*o.a, test::note("một"));
    const Bytes segment = test::pendingSegment(o.p, *o.a);
    REQUIRE(o.p.office->quarantined({1, wire::kWithoutRight, segment}));
    const QueueItem item = o.queueOf(o.p.office).front();
    REQUIRE(o.p.office->append(office::decisionOf(item, domain::Verdict::Adopted, {})));
    const bool isDecisionFirst = GENERATE(true, false);
    if (isDecisionFirst) REQUIRE(o.p.sync(o.p.office));
    REQUIRE(o.p.sync(*o.a));
    o.syncAll();
    CHECK(o.notesAt(*o.b) == std::vector<std::string>{"một"});
    CHECK(o.audited(*o.b, "the office had decided about it before") == (isDecisionFirst ? 1 : 0));
    o.mustAgree();
}

TEST_CASE("queue: work that lost its right on the way waits in the unit's ledger") {
    Offices o;
    const base::ScopeId root = o.p.office->directory().directory().directoryScopeId();
    REQUIRE(o.p.office->append({root, {domain::RuleSet{"statements", "optional"}}}));
    REQUIRE(o.p.sync(o.p.office));
    REQUIRE(o.p.sync(*o.a));
    o.setResult(*o.a, "xong");
    domain::Written done{domain::ObjectKind::Assignment, o.object().id, {}};
    done.fields.push_back(
        {Field::Status, static_cast<std::int64_t>(domain::Status::Completed), {}});
    REQUIRE((*o.a)->append({o.a->scope(), {test::note("kèm theo"), done}}));
    REQUIRE(o.p.office->append({root, {domain::RuleSet{"statements", "required"}}}));
    REQUIRE(o.p.sync(o.p.office));
    REQUIRE(o.p.sync(*o.a));
    o.syncAll();
    auto items = o.queueOf(o.p.office);
    REQUIRE(items.size() == 1);
    CHECK(items[0].kind == QueueItem::Kind::Right);
    CHECK(items[0].reason == "a completion needs the signature of an officer");
    REQUIRE(items[0].changes.size() == 1);  // the note has its effect already
    CHECK(items[0].changes[0].change == domain::Change(done));
    CHECK(o.queueOf(*o.second).size() == 1);
    REQUIRE(office::adopt(o.p.office, idOf(items[0])));
    o.syncAll();
    REQUIRE(o.p.sync(*o.a));
    CHECK(o.queueOf(*o.second).empty());
    for (Machine* machine : {&o.p.office, o.a.get(), o.b.get()}) {
        auto row = (*machine)->row(o.object());
        REQUIRE(row);
        REQUIRE(*row);
        CHECK((*row)->number(Field::Status) ==
              static_cast<std::int64_t>(domain::Status::Completed));
        CHECK((*row)->conflicts() == 0);
        CHECK(o.notesAt(*machine) == std::vector<std::string>{"kèm theo"});
        CHECK(o.audited(*machine, "a completion needs the signature of an officer") == 1);
    }
    o.mustAgree();
}

TEST_CASE("queue: what cannot be read is listed, and may be refused") {
    Offices o;
    auto c = o.p.join("X02", domain::roles::kOfficer);
    ledger::Header header;
    header.keyVersion = GENERATE(1, 9);
    const Bytes segment = test::sealedEntry((*c)->identity(), o.a->scope(), header, Bytes(40));
    auto verdict = o.p.push((*c)->identity().device, segment);
    REQUIRE(verdict);
    REQUIRE(*verdict);
    REQUIRE(o.p.sync(o.p.office));
    auto items = o.queueOf(o.p.office);
    REQUIRE(items.size() == 1);
    CHECK_FALSE(items[0].unreadable.empty());
    CHECK(items[0].changes.empty());
    auto adopted = office::adopt(o.p.office, idOf(items[0]));
    REQUIRE_FALSE(adopted);
    CHECK(adopted.error().code == Code::InvalidInput);
    REQUIRE(office::refuse(o.p.office, idOf(items[0]), "không đọc được"));
    REQUIRE(o.p.sync(o.p.office));
    CHECK(o.queueOf(o.p.office).empty());
}

TEST_CASE("queue: acts of the directory, and what never had a right, are listed and not adopted") {
    Offices o;
    auto admin = o.p.join("ST", domain::roles::kProvincial);
    const domain::Directory& directory = o.p.office->directory().directory();
    ledger::Header header;
    const domain::Change rule = domain::RuleSet{"grant", "automatic"};
    const Bytes plain = wire::compress(wire::encodeBody(std::span(&rule, 1)), wire::kBodyLevel, 0);
    o.revoke(*admin);
    const Bytes segment =
        test::sealedEntry((*admin)->identity(), directory.directoryScopeId(), header, plain);
    replica::Identity again = (*admin)->identity();
    again.incarnation = o.p.random.make<base::IncarnationId>();
    const Bytes other = test::sealedEntry(again, directory.directoryScopeId(), header, plain);
    REQUIRE(o.p.push(again.device, other));
    REQUIRE(o.p.sync(o.p.office));
    auto items = o.queueOf(o.p.office);
    REQUIRE(items.size() == 1);
    CHECK(items[0].what.scope == directory.provinceUnit().scope);
    REQUIRE(items[0].changes.size() == 1);
    CHECK_FALSE(items[0].changes[0].reason.empty());
    CHECK(office::adopt(o.p.office, idOf(items[0])).error().code == Code::InvalidInput);
    REQUIRE(office::refuse(o.p.office, idOf(items[0]), "không cần"));
    REQUIRE(o.p.sync(o.p.office));
    CHECK(o.queueOf(o.p.office).empty());
    // What takes the place of something that is ordered is shown as well.
    REQUIRE(o.p.office->quarantined({o.lying().at + 1, wire::kOfRevoked, segment}));
    CHECK(o.queueOf(o.p.office).size() == 1);
}

TEST_CASE("queue: of an entry what never had the right is left out") {
    Offices o;
    const Bytes segment = o.sealed(
        *o.a, {domain::Written{domain::ObjectKind::Task,
                               {},
                               {{Field::TaskContent, domain::Value(std::string("tự giao")), {}}}},
               test::note("thật")});
    o.revoke(*o.a);
    REQUIRE(o.p.push((*o.a)->identity().device, segment));
    REQUIRE(o.p.sync(o.p.office));
    auto items = o.queueOf(o.p.office);
    REQUIRE(items.size() == 1);
    REQUIRE(items[0].changes.size() == 2);
    CHECK(items[0].changes[0].reason == "only the province writes the field content");
    CHECK(items[0].changes[1].reason.empty());
    auto adopted = office::adopt(o.p.office, idOf(items[0]));
    REQUIRE(adopted);
    CHECK(adopted->changes == 1);
    CHECK(adopted->leftOut == 1);
    o.syncAll();
    CHECK(o.notesAt(*o.b) == std::vector<std::string>{"thật"});
    auto row = (*o.b)->row({o.a->scope(), domain::ObjectKind::Task, {}});
    REQUIRE(row);
    CHECK_FALSE(*row);
}

TEST_CASE("queue: a commune's decision decides nothing") {
    Offices o;
    o.write(*o.a, test::note("một"));
    const Bytes segment = test::pendingSegment(o.p, *o.a);
    REQUIRE(o.p.office->quarantined({1, wire::kWithoutRight, segment}));
    const QueueItem item = o.queueOf(o.p.office).front();
    const domain::Judged judged{item.what.act, item.what.device, domain::Verdict::Adopted, {}, 0};
    auto written = (*o.b)->append({o.b->scope(), {judged}});
    REQUIRE_FALSE(written);
    CHECK(written.error().code == Code::NotPermitted);
    domain::Judged unknown = judged;
    unknown.verdict = static_cast<domain::Verdict>(7);
    CHECK_FALSE(o.p.office->append({o.a->scope(), {unknown}}));
    REQUIRE(o.p.office->append({o.a->scope(), {judged, test::note("riêng")}}));
    o.syncAll();
    CHECK(o.notesAt(*o.b) == std::vector<std::string>{"riêng"});
}

TEST_CASE("queue: of two versions of one act the office takes the one that it names") {
    Offices o;
    o.write(*o.a, test::note("bản một"));
    const base::Hash act = (*o.a)->pendingActs().front();
    const bool isOtherFirst = GENERATE(true, false);
    const bool takesOther = GENERATE(true, false);
    const Bytes first = test::pendingSegment(o.p, *o.a);
    const Bytes other = crafted(o.p, *o.a, restating(*o.a, act, o.p.clock.now), "bản hai");
    o.revoke(*o.a);
    for (const Bytes* segment : {isOtherFirst ? &other : &first, isOtherFirst ? &first : &other})
        REQUIRE(o.p.push((*o.a)->identity().device, *segment));
    REQUIRE(o.p.sync(o.p.office));
    auto items = o.queueOf(o.p.office);
    REQUIRE(items.size() == 2);
    for (const QueueItem& item : items) {
        CHECK(item.what.act == act);
        CHECK(item.versions == 2);
    }
    CHECK(items[0].entry != items[1].entry);
    CHECK(o.p.office->queueSize().value() == 1);  // one decision is due
    const std::string wanted = takesOther ? "bản hai" : "bản một";
    const QueueItem& taken = only(items[0]) == test::note(wanted) ? items[0] : items[1];
    auto adopted = office::adopt(o.p.office, idOf(taken));
    REQUIRE(adopted);
    CHECK(only(adopted->item) == test::note(wanted));
    CHECK(o.queueOf(o.p.office).empty());
    CHECK(o.p.office->queueSize().value() == 0);
    o.syncAll();
    CHECK(o.queueOf(*o.second).empty());
    for (Machine* machine : {&o.p.office, o.second.get(), o.b.get()})
        CHECK(o.notesAt(*machine) == std::vector<std::string>{wanted});
    o.mustAgree();
}

TEST_CASE("queue: what says the same twice is listed once") {
    Offices o;
    o.write(*o.a, test::note("một"));
    const base::Hash act = (*o.a)->pendingActs().front();
    const Bytes first = test::pendingSegment(o.p, *o.a);
    const Bytes again = crafted(o.p, *o.a, restating(*o.a, act, o.p.clock.now), "một");
    o.revoke(*o.a);
    for (const Bytes* segment : {&first, &again})
        REQUIRE(o.p.push((*o.a)->identity().device, *segment));
    REQUIRE(o.p.sync(o.p.office));
    auto items = o.queueOf(o.p.office);
    REQUIRE(items.size() == 1);
    CHECK(items[0].versions == 1);
    REQUIRE(office::adopt(o.p.office, idOf(items[0])));
    CHECK(o.queueOf(o.p.office).empty());
}

TEST_CASE("queue: of an act that stands in the ledger no other version waits") {
    Offices o;
    const bool hasBegunAnew = GENERATE(true, false);
    o.write(*o.a, test::note("đã vào sổ"));
    const base::Hash act = (*o.a)->pendingActs().front();
    REQUIRE(o.p.sync(*o.a));
    ledger::Header header = restating(*o.a, act, o.p.clock.now);
    if (hasBegunAnew) {
        CHECK_FALSE((*o.a)->forked());
        o.write(*o.a, test::note("tên mới"));
        REQUIRE(o.p.sync(*o.a));
    }
    const Bytes other = crafted(o.p, *o.a, header, "bản khác");
    o.revoke(*o.a);
    REQUIRE(o.p.push((*o.a)->identity().device, other));
    REQUIRE_FALSE(o.p.reg->quarantined().empty());
    REQUIRE(o.p.sync(o.p.office));
    CHECK(o.queueOf(o.p.office).empty());
    CHECK(o.p.office->queueSize().value() == 0);
}

TEST_CASE("queue: what restates in a chain that goes on from no other takes nobody's name") {
    Offices o;
    o.write(*o.a, test::note("thật"));
    const base::Hash act = (*o.a)->pendingActs().front();
    const Bytes first = test::pendingSegment(o.p, *o.a);
    ledger::Header header = restating(*o.a, act, o.p.clock.now);
    header.continues.reset();
    const Bytes false_ = crafted(o.p, *o.a, header, "giả");
    o.revoke(*o.a);
    for (const Bytes* segment : {&false_, &first})
        REQUIRE(o.p.push((*o.a)->identity().device, *segment));
    REQUIRE(o.p.sync(o.p.office));
    auto items = o.queueOf(o.p.office);
    REQUIRE(items.size() == 2);
    const bool isFalseFirst = items[0].isFalselyRestated;
    const QueueItem& fake = items[isFalseFirst ? 0 : 1];
    const QueueItem& real = items[isFalseFirst ? 1 : 0];
    CHECK(only(fake) == test::note("giả"));
    CHECK(fake.changes[0].reason.find("goes on from no other") != std::string::npos);
    CHECK(office::adopt(o.p.office, idOf(fake)).error().code == Code::InvalidInput);
    REQUIRE(office::refuse(o.p.office, idOf(fake), "không phải"));
    REQUIRE(office::adopt(o.p.office, idOf(real)));
    o.syncAll();
    CHECK(o.queueOf(o.p.office).empty());
    CHECK(o.notesAt(*o.b) == std::vector<std::string>{"thật"});
}

TEST_CASE("queue: what a device may send itself is not decided about on a server's word") {
    Offices o;
    o.write(*o.a, test::note("một"));
    const Bytes segment = test::pendingSegment(o.p, *o.a);
    const std::uint8_t why = GENERATE(wire::kOfRevoked, wire::kWithoutRight);
    REQUIRE(o.p.office->quarantined({1, why, segment}));
    const QueueItem item = o.queueOf(o.p.office).front();
    CHECK(item.isHeldBack);
    CHECK(item.reason == "the server keeps it apart although its device may write in this ledger");
    CHECK(only(item) == test::note("một"));  // it can be read nevertheless
    CHECK(o.p.office->queueSize().value() == 0);
    CHECK(o.p.office->heldBackSize().value() == 1);
    CHECK(office::adopt(o.p.office, idOf(item)).error().code == Code::InvalidInput);
    CHECK(office::refuse(o.p.office, idOf(item), "không").error().code == Code::InvalidInput);
    CHECK(o.p.office->pendingEntries() == 0);
    const bool isSentAfterAll = GENERATE(true, false);
    if (isSentAfterAll) {
        REQUIRE(o.p.sync(*o.a));
        REQUIRE(o.p.sync(o.p.office));
        CHECK(o.queueOf(o.p.office).empty());
        CHECK(o.p.office->heldBackSize().value() == 0);
        return;
    }
    o.revoke(*o.a);
    const QueueItem later = o.queueOf(o.p.office).front();
    CHECK_FALSE(later.isHeldBack);
    CHECK(later.reason == "its device was revoked before it arrived");
    REQUIRE(office::adopt(o.p.office, idOf(later)));
}

TEST_CASE("queue: however much the bodies unpack to, a listing opens only so much") {
    Offices o;
    constexpr std::size_t kEntries = 12;
    constexpr std::size_t kNotes = 31;
    for (std::size_t i = 0; i < kEntries; ++i) {
        std::vector<domain::Change> notes;
        for (std::size_t n = 0; n < kNotes; ++n)
            notes.push_back(test::note(std::string(32'000, static_cast<char>('a' + i))));
        REQUIRE((*o.a)->append({o.a->scope(), notes}));
    }
    o.revoke(*o.a);
    o.bringParcel(*o.a);
    REQUIRE(o.p.sync(o.p.office));
    REQUIRE(o.p.reg->quarantined().begin()->second.bytes < 10'000);  // as it came
    CHECK(o.p.office->queueSize().value() == kEntries);
    auto items = o.queueOf(o.p.office);
    REQUIRE(items.size() == kEntries);
    std::size_t bytes = 0;
    std::vector<QueueItem> shut;
    for (const QueueItem& item : items) {
        for (const auto& queued : item.changes)
            bytes += std::get<domain::Noted>(queued.change).text.size();
        if (!item.unreadable.empty()) shut.push_back(item);
    }
    CHECK(bytes > replica::kQueueBytesMax / 2);
    CHECK(bytes < replica::kQueueBytesMax + base::limits::kPlainBodyBytesMax);
    REQUIRE(shut.size() >= 3);
    auto none = o.p.office->queue(0);
    REQUIRE(none);
    for (const QueueItem& item : *none) CHECK(item.changes.empty());
    // Each is there for whoever asks for it alone, to be decided about like the others.
    auto one = office::queued(o.p.office, idOf(shut[0]));
    REQUIRE(one);
    CHECK(one->changes.size() == kNotes);
    REQUIRE(office::adopt(o.p.office, idOf(shut[0])));
    REQUIRE(office::refuse(o.p.office, idOf(shut[1]), "quá dài"));
    CHECK(o.p.office->queueSize().value() == kEntries - 2);
}

TEST_CASE(
    "queue: a decision that a commune has smuggled into the ledger names and decides nothing") {
    Offices o;
    o.write(*o.a, test::note("một"));
    const Bytes segment = test::pendingSegment(o.p, *o.a);
    REQUIRE(o.p.office->quarantined({1, wire::kWithoutRight, segment}));
    const QueueItem item = o.queueOf(o.p.office).front();
    domain::Judged judged{item.what.act, item.what.device, domain::Verdict::Adopted, {}, 0};
    if (GENERATE(false, true)) {
        judged.verdict = domain::Verdict::Refused;
        judged.reason = "không cần";
    }
    auto verdict =
        o.p.push((*o.b)->identity().device, o.sealed(*o.b, {judged, test::note("riêng")}));
    REQUIRE(verdict);
    REQUIRE_FALSE(*verdict);  // the server reads no bodies
    o.syncAll();
    CHECK(o.queueOf(o.p.office).size() == 1);
    for (Machine* machine : {&o.p.office, o.second.get(), o.b.get()}) {
        CHECK(o.notesAt(*machine) == std::vector<std::string>{"riêng"});
        CHECK(o.audited(*machine, "only the province judges") == 1);
        CHECK(o.audited(*machine, "the office has refused it: không cần") == 0);
        auto history = (*machine)->history(o.object());
        REQUIRE(history);
        REQUIRE(history->size() == 1);
        const auto& own = history->front();
        CHECK(own.device == (*o.b)->identity().device);
        CHECK_FALSE(own.adopted);
        CHECK(own.writeId == ledger::writeIdOf(own.entry));
    }
    // What it named arrives after all, and has its effect.
    REQUIRE(o.p.sync(*o.a));
    o.syncAll();
    for (Machine* machine : {&o.p.office, o.second.get(), o.b.get()}) {
        auto notes = o.notesAt(*machine);
        std::sort(notes.begin(), notes.end());
        CHECK(notes == std::vector<std::string>{"một", "riêng"});
        CHECK(o.audited(*machine, "the office had decided about it before") == 0);
    }
    o.mustAgree();
}
