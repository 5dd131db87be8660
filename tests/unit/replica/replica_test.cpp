#include "replica/replica.h"

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "wire/body.h"

using base::Bytes;
using base::Code;
using domain::Field;
using domain::ObjectKind;
using test::InMemoryProvince;
using test::Machine;

namespace {

const base::ObjectId kAssignment = base::ObjectId::from(Bytes(16, 9));

domain::Change result(const std::string& text, std::vector<std::uint64_t> replaces = {}) {
    return domain::Written{
        ObjectKind::Assignment, kAssignment, {{Field::Result, text, std::move(replaces)}}};
}

base::Hash digestOf(Machine& machine) {
    auto status = machine->status();
    REQUIRE(status);
    for (const auto& s : *status) {
        if (s.scope == machine.scope()) return s.stateDigest.value();
    }
    FAIL("the unit is not in the status");
    return {};
}

std::string resultOf(Machine& machine) {
    auto row = machine->row({machine.scope(), ObjectKind::Assignment, kAssignment});
    REQUIRE(row);
    return *row ? (*row)->text(Field::Result) : std::string();
}

void set(Machine& machine, const store::Table& table, base::ByteView key, base::ByteView value) {
    auto txn = machine.store.write();
    REQUIRE(txn);
    REQUIRE((*txn)->put(table, key, value));
    REQUIRE((*txn)->commit());
}

/// Keys of a ledger's records, in order.
std::vector<Bytes> recordKeys(store::Store& store, const base::ScopeId& of) {
    const Bytes scope = base::copy(of.view());
    std::vector<Bytes> out;
    auto txn = store.read();
    REQUIRE(txn);
    REQUIRE((*txn)->scan(store::kRecords, scope, [&](auto key, auto) {
        if (std::equal(scope.begin(), scope.end(), key.begin())) out.push_back(base::copy(key));
        return base::Result<bool>(true);
    }));
    return out;
}

void eraseRecord(store::Store& store, const Bytes& key) {
    auto txn = store.write();
    REQUIRE(txn);
    REQUIRE((*txn)->erase(store::kRecords, key));
    REQUIRE((*txn)->commit());
}

/// The commit behind this many others is lost, and nothing is written behind it.
class EndingStore final : public store::Store {
public:
    EndingStore(store::MemoryStore& inner, std::size_t commits) : m_inner(inner), m_left(commits) {}
    base::Result<std::unique_ptr<store::ReadTxn>> read() override { return m_inner.read(); }
    base::Result<std::unique_ptr<store::WriteTxn>> write() override {
        if (m_left == 0) m_inner.failNextCommit(store::FailedCommit::Lost);
        if (m_left > 0) --m_left;
        return m_inner.write();
    }
    base::Result<bool> hasRoom() override { return m_inner.hasRoom(); }
    base::Status reopen() override { return m_inner.reopen(); }

private:
    store::MemoryStore& m_inner;
    std::size_t m_left;
};

}  // namespace

TEST_CASE("replica: a device that is far behind shows what the author shows, portion by portion") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    constexpr std::size_t kEntries = 5'500;  // more than four portions: two commits
    std::vector<replica::Act> acts;
    for (std::size_t i = 0; i < kEntries; ++i) {
        acts.push_back({a->scope(), {result("Việc " + std::to_string(i % 700))}});
        if (i % 3 == 0) acts.back().changes.push_back(test::note("Ghi " + std::to_string(i)));
    }
    for (std::size_t from = 0; from < kEntries; from += 500) {  // the author folds little by little
        REQUIRE((*a)->appendAll(std::span(acts).subspan(from, 500), replica::Cost::Bulk));
        REQUIRE(p.sync(*a));
        (void)digestOf(*a);
    }
    auto b = p.join("X01", domain::roles::kOfficer);
    CHECK(digestOf(*b) == digestOf(*a));
    CHECK(resultOf(*b) == resultOf(*a));
    auto history = (*b)->history({b->scope(), ObjectKind::Assignment, kAssignment});
    REQUIRE(history);
    CHECK(history->size() == kEntries);
    p.restart(*b);
    CHECK(digestOf(*b) == digestOf(*a));
}

TEST_CASE("replica: entries that unpack to much are folded in smaller portions") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    const std::string blank(30'000, ' ');
    replica::Act act{a->scope(), {}};
    for (int i = 0; i < 33; ++i) act.changes.push_back(test::note(std::to_string(i) + blank));
    constexpr std::size_t kEntries = 40;  // of a megabyte each, in a record of some kilobytes
    REQUIRE((*a)->appendAll(std::vector<replica::Act>(kEntries, act), replica::Cost::Bulk));
    REQUIRE(p.sync(*a));
    auto portion = replica::openPortion(a->store, {}, a->scope(), 0, (*a)->keys());
    REQUIRE(portion);
    CHECK(portion->stopped == replica::Portion::Stopped::Full);
    CHECK(portion->end < 12);
    CHECK(portion->bytes < 10'000'000);
    auto b = p.join("X01", domain::roles::kOfficer);
    CHECK(digestOf(*b) == digestOf(*a));
    auto history = (*b)->history({b->scope(), ObjectKind::Assignment, {}});
    REQUIRE(history);
    CHECK(history->size() == kEntries * 33);
}

TEST_CASE("replica: what was appended is shown, survives the process, and is shown by others") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    auto b = p.join("X01", domain::roles::kOfficer);
    REQUIRE((*a)->append({a->scope(), {result("Đã xong")}}));
    CHECK(resultOf(*a) == "Đã xong");
    p.restart(*a);
    CHECK(resultOf(*a) == "Đã xong");
    CHECK((*a)->pendingEntries() == 1);
    REQUIRE(p.sync(*a));
    CHECK((*a)->pendingEntries() == 0);
    CHECK(resultOf(*b).empty());
    REQUIRE(p.sync(*b));
    CHECK(resultOf(*b) == "Đã xong");
    CHECK((digestOf(*a) == digestOf(*b)));
}

TEST_CASE("replica: two devices that wrote apart both see both values, until one is chosen") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    auto b = p.join("X01", domain::roles::kOfficer);
    REQUIRE((*a)->append({a->scope(), {result("theo máy một")}}));
    REQUIRE((*b)->append({b->scope(), {result("theo máy hai")}}));
    for (int i = 0; i < 2; ++i) {
        REQUIRE(p.sync(*a));
        REQUIRE(p.sync(*b));
    }
    auto row = (*a)->row({a->scope(), ObjectKind::Assignment, kAssignment});
    REQUIRE(row);
    REQUIRE(*row);
    CHECK((*row)->conflicts() == 1);
    CHECK(resultOf(*a) == "theo máy hai");
    CHECK(resultOf(*b) == "theo máy hai");
    REQUIRE((*a)->append({a->scope(), {result("đã thống nhất", (*row)->liveIds(Field::Result))}}));
    REQUIRE(p.sync(*a));
    REQUIRE(p.sync(*b));
    row = (*b)->row({b->scope(), ObjectKind::Assignment, kAssignment});
    REQUIRE(row);
    CHECK((*row)->conflicts() == 0);
    CHECK((digestOf(*a) == digestOf(*b)));
}

TEST_CASE("replica: an act without the right writes nothing and says why") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    auto other = (*a)->append({p.office.scope(), {result("của tỉnh")}});
    REQUIRE_FALSE(other);
    CHECK(other.error().code == Code::NotPermitted);
    const base::ScopeId directory = p.office->directory().directory().directoryScopeId();
    auto rule = (*a)->append({directory, {domain::RuleSet{"grant", "confirm"}}});
    REQUIRE_FALSE(rule);
    CHECK(rule.error().code == Code::NotPermitted);
    CHECK((*a)->pendingEntries() == 0);
}

TEST_CASE("replica: the view of another fold version is made anew from the ledgers") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    for (int i = 0; i < 5; ++i)
        REQUIRE((*a)->append({a->scope(), {result("lần " + std::to_string(i))}}));
    REQUIRE(p.sync(*a));
    base::Hash digest = digestOf(*a);

    // A row of the view is wrong, and this version of the fold would go on with it.
    Bytes key;
    Bytes value;
    {
        auto txn = a->store.read();
        REQUIRE(txn);
        REQUIRE((*txn)->scan(replica::kRows, {}, [&](base::ByteView k, base::ByteView v) {
            key = base::copy(k);
            value = base::copy(v);
            return base::Result<bool>(false);
        }));
    }
    Bytes shown = base::copy(base::view("lần 4"));
    auto at = std::search(value.begin(), value.end(), shown.begin(), shown.end());
    REQUIRE(at != value.end());
    at[static_cast<std::ptrdiff_t>(shown.size()) - 1] = '7';
    set(*a, replica::kRows, key, value);
    p.restart(*a);
    CHECK_FALSE((digestOf(*a) == digest));

    set(*a, replica::kSettings, base::view("fold-version"), store::orderedKey(0));
    SECTION("at once") {}
    SECTION("after a first try that was cut short") {
        auto txn = a->store.write();
        REQUIRE(txn);
        REQUIRE(store::eraseSome(**txn, replica::kFolds, 100) == false);
        REQUIRE((*txn)->commit());
    }
    p.restart(*a);
    CHECK((digestOf(*a) == digest));
    CHECK(resultOf(*a) == "lần 4");
    auto history = (*a)->history({a->scope(), ObjectKind::Assignment, kAssignment});
    REQUIRE(history);
    CHECK(history->size() == 5);
}

TEST_CASE("replica: an upgrade of the view that is cut off at any of its commits is made again") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    constexpr std::size_t kEntries = 4'500;  // more than one commit to erase them, and to fold them
    std::vector<replica::Act> acts;
    for (std::size_t i = 0; i < kEntries; ++i)
        acts.push_back({a->scope(), {test::note("Ghi " + std::to_string(i))}});
    REQUIRE((*a)->appendAll(acts, replica::Cost::Bulk));
    REQUIRE(p.sync(*a));
    REQUIRE((*a)->append({a->scope(), {result("Chưa gửi")}}));
    const base::Hash digest = digestOf(*a);
    const base::ScopeId scope = a->scope();
    a->replica.reset();
    set(*a, replica::kSettings, base::view("fold-version"), store::orderedKey(0));

    auto look = [&](store::Store& store) -> base::Result<base::Hash> {
        TRY(auto replica, replica::Replica::open(store, p.clock, p.random));
        TRY(auto status, replica->status());
        for (const auto& s : status) {
            if (s.scope != scope) continue;
            CHECK(s.pending == 1);
            if (!s.stateDigest) return base::fail(s.waitsFor.value(), "it cannot be shown");
            return *s.stateDigest;
        }
        return base::fail(Code::NotFound, "the unit is not in the status");
    };
    std::size_t cutOff = 0;
    for (std::size_t commits = 0;; ++commits) {
        auto image = a->store.clone();
        EndingStore ending(*image, commits);
        auto first = look(ending);
        if (first) {
            CHECK(*first == digest);
            break;
        }
        CHECK(first.error().code == Code::Io);
        ++cutOff;
        auto again = look(*image->clone());  // a new process
        REQUIRE(again);
        CHECK(*again == digest);
    }
    CHECK(cutOff >= 10);
}

TEST_CASE("replica: every ledger has a digest, also one without rows") {
    InMemoryProvince p;
    auto status = p.office->status();
    REQUIRE(status);
    CHECK(status->size() == 4);  // directory, province unit, X01, X02
    for (const auto& s : *status) CHECK(s.stateDigest);
}

TEST_CASE("replica: a record that is missing in the store is damage, whichever it is") {
    constexpr std::size_t kRecords = 3;
    const std::size_t lost = GENERATE(0U, 1U, 2U);
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    for (std::size_t i = 0; i < kRecords; ++i) {
        REQUIRE((*a)->append({a->scope(), {test::note("Ghi " + std::to_string(i))}}));
        REQUIRE(p.sync(*a));
    }
    auto keys = recordKeys(a->store, a->scope());
    REQUIRE(keys.size() == kRecords);
    eraseRecord(a->store, keys[lost]);
    auto status = (*a)->status();
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::Corrupt);
}

TEST_CASE("replica: of a directory that lacks a record no replica is made") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    const auto keys = recordKeys(a->store, domain::directoryScope((*a)->identity().province));
    REQUIRE(keys.size() > 3);
    for (std::size_t lost : {std::size_t{0}, keys.size() / 2, keys.size() - 1}) {
        auto b = p.join("X01", domain::roles::kOfficer);
        const auto scope = domain::directoryScope((*b)->identity().province);
        b->replica.reset();
        eraseRecord(b->store, recordKeys(b->store, scope)[lost]);
        auto opened = replica::Replica::open(b->store, p.clock, p.random);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == Code::Corrupt);
    }
}

TEST_CASE("replica: a view that is laid out otherwise is made again") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    REQUIRE((*a)->append({a->scope(), {result("Đã xong")}}));
    REQUIRE(p.sync(*a));
    const auto before = digestOf(*a);
    a->replica.reset();
    auto txn = a->store.write();
    REQUIRE(txn);
    REQUIRE((*txn)->put(replica::kSettings, base::view("fold-version"), store::orderedKey(1)));
    std::vector<Bytes> rows;
    REQUIRE((*txn)->scan(replica::kRows, {}, [&](auto key, auto) {
        rows.push_back(base::copy(key));
        return base::Result<bool>(true);
    }));
    REQUIRE_FALSE(rows.empty());
    for (const Bytes& key : rows) REQUIRE((*txn)->put(replica::kRows, key, base::view("older")));
    REQUIRE((*txn)->commit());
    p.restart(*a);
    CHECK(digestOf(*a) == before);
}

TEST_CASE("replica: what is pending shows the objects that it will show when it is ordered") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    REQUIRE((*a)->append({a->scope(), {test::note("về một việc chưa tới")}}));
    REQUIRE((*a)->append({a->scope(), {result("Đã xong")}}));
    auto objects = [&] {
        std::set<std::pair<ObjectKind, base::ObjectId>> out;
        REQUIRE((*a)->eachRow([&](const base::ScopeId&, domain::Row row) {
            out.emplace(row.kind(), row.id());
            return base::Result<bool>(true);
        }));
        return out;
    };
    const auto pending = objects();
    REQUIRE(p.sync(*a));
    CHECK(pending == objects());
}

TEST_CASE("replica: a batch whose head is not the server's leaves everything as it was") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    auto b = p.join("X01", domain::roles::kOfficer);
    REQUIRE(p.sync(*a));
    p.clock.now += 1001;
    REQUIRE((*b)->append({b->scope(), {result("Đã xong")}}));
    REQUIRE(p.sync(*b));

    std::vector<Bytes> records;
    base::Hash root;
    REQUIRE(p.intake->read(a->scope(), 0, [&](const session::ServerPort::RecordView& r) {
        records.push_back(base::copy(r.bytes));
        root = r.rootAfter;
        return base::Result<bool>(true);
    }));
    auto head = p.intake->signHead(a->scope(), 1, root);
    REQUIRE(head);
    wire::Batch batch;
    batch.scope = a->scope();
    for (const Bytes& r : records) batch.records.emplace_back(base::ByteView(r));
    auto refused = [&](const wire::Batch& bad, Code code) {
        auto status = (*a)->ingest(bad);
        REQUIRE_FALSE(status);
        CHECK(status.error().code == code);
        CHECK(resultOf(*a).empty());
    };
    Bytes forged = *head;
    forged.back() ^= 1;
    batch.head = forged;
    refused(batch, Code::Forked);
    batch.head = *head;
    batch.first = 1;
    refused(batch, Code::Malformed);
    batch.first = 0;
    auto toggleArrival = [&] {
        records[0][records[0].size() - 24] ^= 1;
        records[0][records[0].size() - 8] ^= 1;
    };
    toggleArrival();
    refused(batch, Code::Forked);
    toggleArrival();
    REQUIRE((*a)->ingest(batch));
    CHECK(resultOf(*a) == "Đã xong");
}

TEST_CASE("replica: a store that holds data without an identity is damage, not a new home") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    REQUIRE((*a)->append({a->scope(), {result("Đã xong")}}));
    replica::Identity other = (*a)->identity();
    {
        auto txn = a->store.write();
        REQUIRE(txn);
        REQUIRE((*txn)->erase(replica::kSettings, base::view("identity")));
        REQUIRE((*txn)->commit());
    }
    auto opened = replica::Replica::open(a->store, p.clock, p.random);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::Corrupt);
    auto made = replica::Replica::create(a->store, p.clock, p.random,
                                         {other, domain::RuleSet{"grant", "confirm"}});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Code::InvalidInput);
}
