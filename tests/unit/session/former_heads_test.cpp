// What counts as a head of the server's own, and what of a former history comes back: against
// whoever holds a replaced key, old heads, or a device that the province has revoked.

#include <algorithm>
#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "base/limits.h"
#include "office/administration.h"
#include "register/new_epoch.h"
#include "session/server_session.h"

using base::Bytes;
using base::Code;
using base::Status;
using session::ClientSession;
using session::ServerSession;
using test::InMemoryProvince;
using test::Machine;
using Standing = session::ServerPort::Standing;
using Leaving = replica::Replica::Leaving;

namespace {

/// A store that counts how often it is read and opened anew.
class CountingStore final : public store::Store {
public:
    explicit CountingStore(std::unique_ptr<store::MemoryStore> store) : m_store(std::move(store)) {}
    base::Result<std::unique_ptr<store::ReadTxn>> read() override {
        TRY(auto txn, m_store->read());
        return std::unique_ptr<store::ReadTxn>(std::make_unique<Txn>(std::move(txn), scans));
    }
    base::Result<std::unique_ptr<store::WriteTxn>> write() override { return m_store->write(); }
    base::Result<bool> hasRoom() override { return m_store->hasRoom(); }
    Status reopen() override {
        ++reopened;
        return m_store->reopen();
    }

    std::size_t scans = 0;
    std::size_t reopened = 0;

private:
    class Txn final : public store::ReadTxn {
    public:
        Txn(std::unique_ptr<store::ReadTxn> txn, std::size_t& scans)
            : m_txn(std::move(txn)), m_scans(scans) {}
        base::Result<bool> get(const store::Table& table, base::ByteView key,
                               Bytes& out) const override {
            return m_txn->get(table, key, out);
        }
        Status scan(const store::Table& table, base::ByteView from,
                    const store::Visitor& visit) const override {
            ++m_scans;
            return m_txn->scan(table, from, visit);
        }
        base::Result<std::optional<Bytes>> lastKey(const store::Table& table,
                                                   base::ByteView prefix) const override {
            return m_txn->lastKey(table, prefix);
        }

    private:
        std::unique_ptr<store::ReadTxn> m_txn;
        std::size_t& m_scans;
    };
    std::unique_ptr<store::MemoryStore> m_store;
};

bool noOtherKeys(const domain::Charter&) {
    return false;
}

ledger::Head headOf(Machine& machine, const base::ScopeId& scope) {
    auto head = ledger::Head::decode(machine->ledgerInfo(scope).head);
    REQUIRE(head);
    return *head;
}

/// X01 with the devices `a` and `b`, and a copy of the server from before what it signs next.
struct Parted {
    Parted()
        : a(p.join("X01", domain::roles::kOfficer)), b(p.join("X01", domain::roles::kOfficer)) {
        write(*a, "trước bản sao");
        settle(*b);
        settle(p.office);
        older = p.serverStore.clone();
    }
    void write(Machine& machine, const std::string& text) {
        p.clock.now += 1000;
        REQUIRE(machine->append({machine.scope(), {test::note(text)}}));
        settle(machine);
    }
    Status talk(ClientSession& client, ServerSession& server) {
        TRY(Bytes first, client.start());
        CHECK_OK(server.onMessage(first));
        for (bool moved = true; moved && !client.isFinished();) {
            TRY(bool committed,
                p.intake->run([&](std::uint64_t, std::optional<wire::Refused> refused) {
                    server.settled(std::move(refused));
                }));
            TRY(auto down, server.produce());
            if (down) CHECK_OK(client.onMessage(down->message));
            TRY(auto up, client.produce());
            if (up) CHECK_OK(server.onMessage(up->message));
            moved = committed || down || up;
        }
        return client.isFinished() ? Status() : base::fail(Code::Cut, "neither has more to say");
    }
    Status run(Machine& machine) {
        for (int i = 0;; ++i) {
            ClientSession client(machine);
            ServerSession server(*p.intake, ++number, machine->identity().exchangeKey.publicKey);
            Status ended = talk(client, server);
            if (!ended || !client.isReturning() || i == 8) return ended;
        }
    }
    void settle(Machine& machine) {
        Status ended = run(machine);
        INFO((ended ? "" : ended.error().message));
        REQUIRE(ended);
    }
    void mustFail(Machine& machine, Code code) {
        Status ended = run(machine);
        REQUIRE_FALSE(ended);
        INFO(ended.error().message);
        CHECK(ended.error().code == code);
    }
    void putBack() { p.restartServer(*older); }
    /// As ops::restore() does it.
    void putBackMarked() {
        p.stopServer();
        {
            auto txn = older->write();
            REQUIRE(txn);
            auto verified = reg::verifyLedgers(**txn);
            REQUIRE(verified);
            reg::Restored mark;
            mark.at = p.clock.now;
            mark.since = verified->lastArrival;
            mark.backup.province = verified->province;
            mark.backup.charterVersion = verified->charterVersion;
            REQUIRE(reg::putRestored(**txn, mark));
            REQUIRE((*txn)->commit());
        }
        p.restartServer(*older);
    }
    void resume(store::Store& store) {
        p.stopServer();
        {
            auto txn = store.write();
            REQUIRE(txn);
            auto known = reg::contradictions(**txn);
            REQUIRE(known);
            REQUIRE(known->empty());  // as ops::resume() demands
            REQUIRE(reg::eraseRestored(**txn));
            REQUIRE((*txn)->commit());
        }
        p.restartServer(store);
    }
    ledger::EpochStatement beginEpoch() {
        p.stopServer();
        auto statement = reg::beginEpoch(*older, p.heldKeys.back().second, p.clock.now);
        INFO((statement ? "" : statement.error().message));
        REQUIRE(statement);
        p.restartServer(*older);
        return *statement;
    }
    /// `a` holds what the server has lost, and the server has signed something else since.
    ledger::EpochStatement part() {
        write(*a, "chỉ máy A giữ");
        putBack();
        write(*b, "máy chủ nhận tiếp");
        mustFail(*a, Code::Forked);
        return beginEpoch();
    }
    /// What a peer that the server does not know says first; the refusal that it hears, if any.
    std::optional<wire::Refused> stranger(const wire::ClientMessage& message) {
        auto key = crypto::ExchangeKeyPair::generate(p.random);
        ServerSession server(*p.intake, ++number, key.publicKey);
        auto heard = server.onMessage(wire::encode(message));
        if (!heard) return wire::Refused{};
        auto out = server.produce();
        REQUIRE(out);
        REQUIRE(*out);
        auto decoded = wire::decodeServerMessage((*out)->message);
        REQUIRE(decoded);
        auto* refused = std::get_if<wire::Refused>(&decoded->message);
        return refused == nullptr ? std::nullopt : std::optional(*refused);
    }
    bool isUntouched() const { return !p.reg->isRecovering() && p.reg->contradictions().empty(); }
    /// What `machine` holds behind the common part of its unit's ledger.
    session::ServerPort::FormerTail tailOf(Machine& machine) {
        const base::ScopeId scope = machine.scope();
        auto former = machine->formerLedgers({});
        REQUIRE(former);
        auto of = std::find_if(former->begin(), former->end(),
                               [&](const auto& one) { return one.scope == scope; });
        REQUIRE(of != former->end());
        session::ServerPort::FormerTail tail;
        tail.head = *ledger::Head::decode(of->head);
        auto standing = p.reg->standingOf(tail.head, of->samples);
        REQUIRE(standing);
        tail.first = standing->common;
        auto frontier = machine->frontierAt(scope, tail.first);
        auto records = machine->recordsFrom(scope, tail.first);
        REQUIRE(frontier);
        REQUIRE(records);
        tail.frontier = *frontier;
        tail.roots = records->roots;
        kept = records->bytes;
        tail.records.assign(kept.begin(), kept.end());
        return tail;
    }
    /// The last record of the tail with another time, under a head that the server's key has signed
    /// for that.
    void antedate(session::ServerPort::FormerTail& tail, const ledger::Arrival& at,
                  std::uint64_t time) {
        auto last = ledger::parseRecord(tail.records.back());
        REQUIRE(last);
        Bytes changed = base::copy(last->segment.bytes);
        if (at.firstArrival == at.arrival) {
            ledger::encodeArrival(at, changed);
        } else {
            ledger::encodeArrival(at, ledger::FormerPlace{}, changed);
        }
        kept.back() = changed;
        tail.records.assign(kept.begin(), kept.end());
        tail.head.time = time;
        lead(tail, p.headKey);
    }
    /// Signs a head to which the records lead.
    void lead(session::ServerPort::FormerTail& tail, const crypto::SigningKey& key) {
        auto frontier = ledger::Frontier::decode(tail.frontier);
        REQUIRE(frontier);
        std::map<ledger::ChainId, ledger::ChainState> chains;
        for (std::size_t i = 0; i < tail.records.size(); ++i) {
            auto record = ledger::parseRecord(tail.records[i]);
            REQUIRE(record);
            const ledger::Segment& segment = record->segment;
            auto [at, isNew] = chains.try_emplace(segment.chain);
            if (isNew) {
                at->second = ledger::ChainState::start(tail.head.province, segment.chain);
                auto all = (*a)->recordsFrom(tail.head.scope, 0);
                REQUIRE(all);
                for (const Bytes& one : all->bytes) {
                    auto before = ledger::parseRecord(one);
                    if (before->segment.chain != segment.chain) continue;
                    if (before->segment.firstSeq >= segment.firstSeq) break;
                    for (base::ByteView bytes : before->segment.entries)
                        REQUIRE(ledger::advance(at->second, bytes));
                }
            }
            for (base::ByteView bytes : segment.entries) {
                auto entry = ledger::advance(at->second, bytes);
                REQUIRE(entry);
                frontier->append(ledger::leafHash(entry->hash, record->at, tail.roots[i]));
            }
        }
        tail.head.size = frontier->size();
        tail.head.root = frontier->root();
        tail.head.sign(key);
    }
    std::vector<std::string> texts(Machine& machine) {
        auto history = machine->history({machine.scope(), domain::ObjectKind::Assignment, {}});
        REQUIRE(history);
        std::vector<std::string> out;
        for (const auto& item : *history) {
            if (item.received) out.push_back(std::get<domain::Noted>(item.change).text);
        }
        std::sort(out.begin(), out.end());
        return out;
    }

    InMemoryProvince p;
    std::unique_ptr<Machine> a, b;
    std::unique_ptr<store::MemoryStore> older;
    std::vector<Bytes> kept;
    std::uint64_t number = 1000;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("former heads: a key that the province has replaced stops no server") {
    Parted t;
    ledger::Head head = headOf(*t.a, t.a->scope());
    t.p.rotateServer();
    head.size += 1;
    SECTION("a head of the last epoch that there could be") {
        head.epoch = UINT32_MAX;
    }
    SECTION("of the next epoch") {
        head.epoch = 1;
    }
    SECTION("longer than the ledger") {}
    SECTION("another history") {
        head.size -= 1;
        head.root.data[0] ^= 1;
    }
    SECTION("under a charter that nobody knows") {
        head.charterVersion = GENERATE(2U, 3U, 99U);
    }
    head.sign(t.p.heldKeys.front().second);
    auto refused = t.stranger(wire::Show{head.encode()});
    REQUIRE(refused);
    CHECK(refused->reason == wire::RefusedReason::Unknown);
    REQUIRE(t.stranger(wire::Former{head.encode(), {}}));
    CHECK(t.isUntouched());
}

TEST_CASE("former heads: of an epoch after the next one no key speaks but the server's own") {
    Parted t;
    t.p.rotateServer();
    t.putBackMarked();  // the first charter's key counts again, while that is settled
    t.p.stopServer();
    const crypto::SigningKey& present = t.p.heldKeys.back().second;
    auto reg = reg::Register::open(*t.older, t.p.clock, present);
    REQUIRE(reg);
    auto standing = [&](std::uint32_t epoch, std::uint32_t charter, const crypto::SigningKey& key) {
        ledger::Head head = headOf(*t.a, t.a->scope());
        head.size += 1;
        head.epoch = epoch;
        head.charterVersion = charter;
        head.sign(key);
        auto examined = (*reg)->examine(head);
        REQUIRE(examined);
        return examined->standing;
    };
    CHECK(standing(0, 1, t.p.heldKeys.front().second) == Standing::Longer);
    CHECK(standing(1, 1, t.p.heldKeys.front().second) == Standing::Contradicts);
    CHECK(standing(2, 1, t.p.heldKeys.front().second) == Standing::NotOurs);
    CHECK(standing(2, 2, present) == Standing::Contradicts);
    CHECK(standing(UINT32_MAX, 2, present) == Standing::NotOurs);
}

TEST_CASE("former heads: who slept since before a change of keys gives back what was lost") {
    Parted t;
    t.write(*t.a, "chỉ máy A giữ");
    t.p.rotateServer();
    t.settle(*t.b);
    t.putBackMarked();
    t.settle(t.p.office);  // the charter is there again, under which `a` has no head
    t.settle(*t.b);
    REQUIRE(t.p.reg->directory().directory().charter().version == 2);
    const ledger::Head head = headOf(*t.a, t.a->scope());
    REQUIRE(head.charterVersion == 1);
    CHECK(t.p.reg->examine(head)->standing != Standing::NotOurs);
    t.p.restartServer(*t.older);
    CHECK(t.p.reg->examine(head)->standing != Standing::NotOurs);
    t.resume(*t.older);
    CHECK(t.p.reg->examine(head)->standing == Standing::NotOurs);
}

TEST_CASE("former heads: an old head tells of two histories only where it is shown to") {
    Parted t;
    t.write(*t.a, "chỉ máy A giữ");
    t.write(*t.a, "và một nữa");
    const ledger::Head head = headOf(*t.a, t.a->scope());
    t.putBackMarked();
    wire::Former former{{}, {}};
    const Bytes bytes = head.encode();
    former.head = bytes;
    SECTION("without a word more") {}
    SECTION("with boundaries") {
        former.samples = {{1, {}}};
    }
    SECTION("with another root and no proof of it") {
        former.size = t.p.reg->state(head.scope).size;
        former.root.data[0] = 1;
    }
    SECTION("with a proof of what the server holds") {
        auto parting = (*t.a)->partingAt({head.scope, 0, 1, {}});
        REQUIRE(parting);
        REQUIRE(*parting);
        former.size = (*parting)->size;
        former.root = (*parting)->root;
        former.proof = (*parting)->proof;
        auto own = t.p.reg->rootAt(head.scope, 1);
        REQUIRE(own);
        REQUIRE(*own == former.root);
    }
    REQUIRE(t.stranger(former));
    CHECK(t.p.reg->contradictions().empty());
    t.settle(*t.a);
    t.resume(*t.older);
    t.write(*t.b, "làm tiếp");
    CHECK(t.texts(*t.b) == Texts{"chỉ máy A giữ", "làm tiếp", "trước bản sao", "và một nữa"});
}

TEST_CASE("former heads: records of nobody do not tell of two histories") {
    Parted t;
    const base::ScopeId scope = t.p.office->directory().directory().directoryScopeId();
    REQUIRE(t.p.office->append({scope, {domain::RuleSet{"grant", "confirm"}}}));
    t.settle(t.p.office);
    const ledger::Head head = headOf(t.p.office, scope);
    t.putBackMarked();
    const std::uint64_t from = t.p.reg->state(scope).size;
    auto records = t.p.office->recordsFrom(scope, from);
    REQUIRE(records);
    Bytes changed = records->bytes.front();
    for (std::size_t i = 1; i <= 24; ++i) {  // earlier than everything that is held
        if (i <= 8 || i > 16) changed[changed.size() - i] = 0;
    }
    const base::ByteView view = changed;
    auto taken = t.p.reg->takeBack(head, from, std::span(&view, 1), noOtherKeys);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == Code::Malformed);
    t.settle(t.p.office);
    CHECK(t.p.reg->state(scope).size == head.size);
}

TEST_CASE("former heads: a server that is being put back gives a revoked device no last word") {
    Parted t;
    const replica::Identity& id = (*t.a)->identity();
    REQUIRE(t.p.office->append({t.p.office->directory().directory().directoryScopeId(),
                                {domain::DeviceRevoked{id.device, "mất"}}}));
    t.settle(t.p.office);
    t.older = t.p.serverStore.clone();
    t.putBackMarked();
    t.mustFail(*t.a, Code::Refused);
    CHECK((*t.a)->leaving() == Leaving::Lacking);
    t.mustFail(*t.a, Code::Refused);
    CHECK((*t.a)->leaving() == Leaving::Lacking);
    t.resume(*t.older);
    t.mustFail(*t.a, Code::Refused);
    CHECK((*t.a)->leaving() == Leaving::Ready);
}

TEST_CASE("former heads: a revoked device follows into a new epoch before it leaves") {
    Parted t;
    const bool hasPending = GENERATE(false, true);
    auto revoke = [&] {
        const replica::Identity& id = (*t.a)->identity();
        REQUIRE(t.p.office->append({t.p.office->directory().directory().directoryScopeId(),
                                    {domain::DeviceRevoked{id.device, "mất"}}}));
        t.settle(t.p.office);
    };
    t.write(*t.a, "chỉ máy A giữ");
    const base::TimeMs first = t.p.clock.now;
    t.putBack();
    t.write(*t.b, "máy chủ nhận tiếp");
    t.mustFail(*t.a, Code::Forked);
    if (hasPending) REQUIRE((*t.a)->append({t.a->scope(), {test::note("chưa gửi")}}));
    t.beginEpoch();
    revoke();
    t.p.clock.now += 5000;
    t.mustFail(*t.a, Code::Refused);
    CHECK((*t.a)->epoch() == 1);
    REQUIRE((*t.a)->ownDevice());
    CHECK((*t.a)->ownDevice()->revokedSince);
    bool isHere = false;
    auto read = t.p.reg->read(t.b->scope(), 0, [&](const auto& view) -> base::Result<bool> {
        TRY(ledger::Record record, ledger::parseRecord(view.bytes));
        isHere =
            isHere || (record.former && record.segment.chain.device == (*t.a)->identity().device &&
                       record.at.firstArrival == static_cast<std::uint64_t>(first));
        return true;
    });
    REQUIRE(read);
    CHECK(isHere);
}

TEST_CASE("former heads: no time that cannot be is taken, and nothing of it stays") {
    Parted t;
    t.part();
    auto tail = t.tailOf(*t.a);
    const auto last = ledger::parseRecord(tail.records.back());
    REQUIRE(last);
    ledger::Arrival at = last->at;
    const std::uint64_t now = static_cast<std::uint64_t>(t.p.clock.now);
    const std::uint64_t before = t.p.reg->lastArrival();
    SECTION("later than its head") {
        t.antedate(tail, at, at.arrival - 1);
    }
    SECTION("received first after it arrived") {
        at.firstArrival = at.arrival + 1;
        t.antedate(tail, at, now);
    }
    SECTION("received before, where nothing was before") {
        at.firstArrival = at.arrival - 1;
        t.antedate(tail, at, now);
    }
    auto taken = t.p.reg->takeFormer(tail, noOtherKeys);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == Code::Malformed);
    REQUIRE(t.p.reg->commit());
    CHECK(t.p.reg->lastArrival() == before);
    CHECK(t.p.reg->takeFormer(t.tailOf(*t.a), noOtherKeys));
    REQUIRE(t.p.reg->commit());
}

TEST_CASE("former heads: what says that it arrived after the epoch began is dated now") {
    Parted t;
    const ledger::EpochStatement statement = t.part();
    t.p.clock.now += 5000;
    auto tail = t.tailOf(*t.a);
    const auto last = ledger::parseRecord(tail.records.back());
    REQUIRE(last);
    ledger::Arrival at = last->at;
    const std::uint64_t genuine = at.arrival;
    const std::uint64_t now = static_cast<std::uint64_t>(t.p.clock.now);
    const std::uint64_t later = now + 75ULL * 365 * 24 * 3600 * 1000;
    const bool isHeadAlone = GENERATE(false, true);
    if (!isHeadAlone) at.arrival = at.firstArrival = later;
    t.antedate(tail, at, later);
    REQUIRE(t.p.reg->takeFormer(tail, noOtherKeys));
    REQUIRE(t.p.reg->commit());
    CHECK(t.p.reg->lastArrival() == now);
    const std::uint64_t position = t.p.reg->state(t.a->scope()).size - 1;
    auto read = t.p.reg->read(t.a->scope(), position, [&](const auto& view) -> base::Result<bool> {
        TRY(ledger::Record record, ledger::parseRecord(view.bytes));
        CHECK(record.at.arrival == now);
        CHECK(record.at.firstArrival == (isHeadAlone ? genuine : now));
        CHECK(record.former.has_value() == isHeadAlone);
        if (record.former) CHECK(record.former->head.time == statement.time);
        return false;
    });
    REQUIRE(read);
    t.settle(*t.b);
    CHECK(t.texts(*t.b) == Texts{"chỉ máy A giữ", "máy chủ nhận tiếp", "trước bản sao"});
}

TEST_CASE("former heads: nothing lost had arrived before the histories parted") {
    Parted t;
    const std::uint64_t since = t.p.reg->lastArrival();
    t.write(*t.a, "chỉ máy A giữ");
    t.putBackMarked();
    t.resume(*t.older);  // too early
    t.write(*t.b, "máy chủ nhận tiếp");
    t.p.stopServer();
    {
        auto txn = t.older->write();
        REQUIRE(txn);
        reg::Restored mark;
        mark.since = since;
        mark.backup.charterVersion = 1;
        REQUIRE(reg::putRestored(**txn, mark));
        REQUIRE((*txn)->commit());
    }
    t.p.restartServer(*t.older);
    t.mustFail(*t.a, Code::Forked);
    const ledger::EpochStatement statement = t.beginEpoch();
    CHECK(statement.since == since);
    CHECK(statement.sinceCharter == 1);
    auto tail = t.tailOf(*t.a);
    auto last = ledger::parseRecord(tail.records.back());
    REQUIRE(last);
    ledger::Arrival at = last->at;
    at.arrival = at.firstArrival = since - 1;
    t.antedate(tail, at, at.arrival);
    auto taken = t.p.reg->takeFormer(tail, noOtherKeys);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == Code::Malformed);
    t.settle(*t.a);
    CHECK(t.texts(*t.a) == Texts{"chỉ máy A giữ", "máy chủ nhận tiếp", "trước bản sao"});

    // Replicas hold whoever sends it to the same.
    const base::ScopeId scope = t.a->scope();
    auto check = [&](const session::FormerBounds& bounds) {
        session::DirectoryLedger directory = (*t.b)->directory();
        directory.setFormerBounds(bounds);
        session::LedgerTip tip;
        std::map<ledger::ChainId, ledger::ChainState> chains;
        return t.p.reg->read(scope, 0, [&](const auto& view) -> base::Result<bool> {
            TRY(ledger::Record record, ledger::parseRecord(view.bytes));
            const base::ProvinceId& province = (*t.b)->identity().province;
            auto [chain, isNew] = chains.try_emplace(record.segment.chain);
            if (isNew) chain->second = ledger::ChainState::start(province, record.segment.chain);
            std::vector<ledger::Entry> entries;
            CHECK_OK(
                session::extendLedger(record, province, directory, tip, chain->second, entries));
            return true;
        });
    };
    CHECK(check({since, statement.time}));
    CHECK_FALSE(check({last->at.arrival + 1, statement.time}));
    CHECK_FALSE(check({since, last->at.arrival - 1}));
}

TEST_CASE("former heads: a former history under a replaced key is not taken") {
    Parted t;
    t.p.rotateServer();
    t.settle(*t.a);
    t.settle(*t.b);
    t.older = t.p.serverStore.clone();
    t.write(*t.a, "chỉ máy A giữ");
    t.putBack();
    t.write(*t.b, "máy chủ nhận tiếp");
    t.mustFail(*t.a, Code::Forked);
    CHECK(t.beginEpoch().sinceCharter == 2);
    auto tail = t.tailOf(*t.a);
    tail.head.charterVersion = GENERATE(1U, 2U, 9U);
    t.lead(tail, t.p.heldKeys.front().second);
    CHECK(t.p.reg->examine(tail.head)->standing == Standing::NotOurs);
    CHECK_FALSE(t.p.reg->takeFormer(tail, noOtherKeys));
    t.settle(*t.a);
    CHECK(t.texts(*t.a) == Texts{"chỉ máy A giữ", "máy chủ nhận tiếp", "trước bản sao"});
}

TEST_CASE("former heads: a ledger that nobody holds yet is of the same epoch as all others") {
    Parted t;
    auto c = t.p.join("X02", domain::roles::kOfficer);
    auto d = t.p.join("X02", domain::roles::kOfficer);
    t.settle(*c);
    t.write(*d, "đầu tiên");
    const base::ScopeId scope = d->scope();
    auto records = (*d)->recordsFrom(scope, 0);
    REQUIRE(records);
    REQUIRE(records->bytes.size() == 1);
    ledger::Head head = headOf(*d, scope);
    auto sent = [&] {
        wire::Batch batch;
        batch.scope = scope;
        batch.records.emplace_back(base::ByteView(records->bytes[0]));
        const Bytes bytes = head.encode();
        batch.head = bytes;
        return (*c)->ingest(batch);
    };
    head.epoch = 1;
    head.sign(t.p.headKey);
    Status taken = sent();
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == Code::Forked);
    head.epoch = 0;
    head.sign(t.p.headKey);
    CHECK(sent());
}

TEST_CASE("former heads: a device that joins later hears of the epoch first, and knows it then") {
    Parted t;
    const ledger::EpochStatement statement = t.part();
    t.settle(*t.a);
    t.settle(t.p.office);
    auto c = t.p.join("X01", domain::roles::kOfficer);
    t.settle(*c);
    CHECK((*c)->epoch() == 1);
    t.p.restart(*c);
    CHECK((*c)->epoch() == 1);
    CHECK((*c)->hello()->epoch == 1);
    t.settle(*c);
    CHECK(t.texts(*c) == Texts{"chỉ máy A giữ", "máy chủ nhận tiếp", "trước bản sao"});
    CHECK(c->replica->ledgerInfo(c->scope()).epoch == statement.epoch);
}

TEST_CASE("former heads: what a server said that it goes on with is what it sends") {
    Parted t;
    ledger::EpochStatement statement = t.part();
    const bool isFalse = GENERATE(false, true);
    for (auto& one : statement.ledgers) {
        if (one.scope == t.b->scope() && isFalse) one.root.data[0] ^= 1;
    }
    statement.sign(t.p.headKey);
    REQUIRE((*t.a)->learnEpoch(statement.encode()));
    REQUIRE((*t.a)->follow({{t.a->scope(), 0}}));
    Status ended = t.run(*t.a);
    CHECK(ended.has_value() == !isFalse);
    if (isFalse) {
        CHECK(ended.error().code == Code::Forked);
        CHECK((*t.a)->ledgerInfo(t.a->scope()).size() == 0);
    }
}

TEST_CASE("former heads: a statement that was lost is signed once, and not while it is put back") {
    Parted t;
    t.part();
    t.settle(*t.a);
    t.settle(t.p.office);
    auto asleep = t.b->store.clone();  // of the epoch before
    t.settle(*t.b);
    store::MemoryStore empty;
    t.p.restartServer(empty);
    ClientSession directory(t.p.office, ClientSession::Purpose::GiveBack);
    ServerSession server(*t.p.intake, 7, t.p.office->identity().exchangeKey.publicKey);
    REQUIRE(t.talk(directory, server));
    t.settle(t.p.office);
    REQUIRE(t.p.reg->epoch() == 1);
    CHECK(t.p.reg->signedEpoch()->empty());
    Machine late;
    late.replica = replica::Replica::open(*asleep, t.p.clock, t.p.random).value();
    REQUIRE(late->epoch() == 0);
    t.mustFail(late, Code::ServerPaused);
    t.resume(empty);
    auto first = t.p.reg->signedEpoch();
    REQUIRE(first);
    REQUIRE_FALSE(first->empty());
    t.write(*t.a, "làm tiếp");
    t.p.restartServer(empty);
    CHECK(*t.p.reg->signedEpoch() == *first);
    t.settle(late);
    CHECK(late->epoch() == 1);
}

TEST_CASE("former heads: what is held already costs one look at each record") {
    constexpr std::size_t kRecords = 60;
    auto takenWith = [](std::size_t count) {
        Parted u;
        for (std::size_t i = 0; i < count; ++i) u.write(*u.a, std::to_string(i));
        auto twin = u.a->store.clone();
        u.putBack();
        u.write(*u.b, "máy chủ nhận tiếp");
        u.mustFail(*u.a, Code::Forked);
        u.beginEpoch();
        u.settle(*u.a);
        Machine second;
        second.replica = replica::Replica::open(*twin, u.p.clock, u.p.random).value();
        auto tail = u.tailOf(second);
        u.p.stopServer();
        CountingStore counting(u.older->clone());
        u.p.restartServer(counting);
        counting.scans = 0;
        REQUIRE(u.p.reg->takeFormer(tail, noOtherKeys));
        REQUIRE(u.p.reg->commit());
        const std::size_t scans = counting.scans;
        u.p.stopServer();
        return scans;
    };
    const std::size_t few = takenWith(kRecords);
    const std::size_t many = takenWith(4 * kRecords);
    INFO(few << " and " << many);
    CHECK(many < 6 * few);
}

TEST_CASE("former heads: what is refused as a whole makes the server read nothing again") {
    Parted t;
    t.write(*t.a, "và một nữa");
    t.part();
    auto tail = t.tailOf(*t.a);
    t.p.stopServer();
    CountingStore counting(t.older->clone());
    t.p.restartServer(counting);
    auto last = ledger::parseRecord(tail.records.back());
    REQUIRE(last);
    Bytes changed = base::copy(last->segment.bytes);
    changed.back() ^= 1;  // of the seal, which no leaf covers
    ledger::encodeArrival(last->at, changed);
    t.kept.back() = changed;
    tail.records.assign(t.kept.begin(), t.kept.end());
    auto taken = t.p.reg->takeFormer(tail, noOtherKeys);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == Code::Malformed);
    REQUIRE(t.p.reg->commit());
    CHECK(counting.reopened == 0);
    t.p.stopServer();
    t.p.restartServer(*t.older);
}

TEST_CASE("former heads: where there is no room apart, what lies there already needs none") {
    Parted t;
    auto copy = t.a->store.clone();
    t.write(*t.a, "bản thứ nhất");
    t.settle(t.p.office);
    t.putBack();
    Machine twin;
    twin.replica = replica::Replica::open(*copy, t.p.clock, t.p.random).value();
    t.write(twin, "bản thứ hai");
    t.mustFail(*t.a, Code::Forked);
    t.beginEpoch();
    auto tail = t.tailOf(*t.a);
    const bool isHeld = GENERATE(false, true);
    t.p.stopServer();
    {
        auto txn = t.older->write();
        REQUIRE(txn);
        if (isHeld)
            REQUIRE(reg::putFormerKept(**txn, tail.records.back(), reg::FormerReason::Forked, 1));
        const std::size_t room = base::limits::kQuarantineItemsMax - (isHeld ? 1 : 0);
        auto record = ledger::parseRecord(tail.records.back());
        for (std::size_t i = 0; i < room; ++i) {
            Bytes other = base::copy(record->segment.bytes);
            ledger::encodeArrival({i, 1, i}, other);
            REQUIRE(reg::putFormerKept(**txn, other, reg::FormerReason::Forked, 1));
        }
        REQUIRE((*txn)->commit());
    }
    CountingStore counting(t.older->clone());
    t.p.restartServer(counting);
    auto taken = t.p.reg->takeFormer(tail, noOtherKeys);
    CHECK(taken.has_value() == isHeld);
    REQUIRE(t.p.reg->commit());
    CHECK(counting.reopened == 0);
    if (!isHeld) {
        CHECK(taken.error().code == Code::Limit);
        Status ended = t.run(*t.a);
        REQUIRE_FALSE(ended);
        CHECK(ended.error().message.find("operator") != std::string::npos);
    }
    t.p.stopServer();
    t.p.restartServer(*t.older);
}
