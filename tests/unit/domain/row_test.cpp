// The merge rules as laws, over generated histories. RC_PARAMS overrides the seed.

#include "domain/row.h"
#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>
#include "../base/seeded_random.h"

using base::Bytes;
using domain::Field;
using domain::FieldWrite;
using domain::LiveValue;
using domain::ObjectKind;
using domain::Row;
using domain::Value;
using domain::WriteRef;

namespace {

constexpr std::array kFields{Field::Status, Field::Result, Field::Percent};

struct Write {
    WriteRef ref;
    std::vector<FieldWrite> fields;
};
using History = std::vector<Write>;

Row fold(const History& history) {
    Row row(ObjectKind::Assignment, {});
    for (const Write& write : history) row.apply(write.ref, write.fields);
    return row;
}

/// Writes at positions 0, 1, 2 …, each field once a write, naming writes that come before or after.
History arbitraryHistory() {
    auto count = *rc::gen::inRange<std::size_t>(0, 24);
    auto ids = *rc::gen::unique<std::vector<std::uint64_t>>(
        count, rc::gen::inRange<std::uint64_t>(1, 1000));
    History history;
    for (std::size_t i = 0; i < count; ++i) {
        Write write{{ids[i], i}, {}};
        for (Field field : kFields) {
            if (*rc::gen::inRange(0, 3) == 0) continue;
            FieldWrite one{field, std::int64_t{*rc::gen::inRange(0, 4)}, {}};
            if (*rc::gen::inRange(0, 6) == 0) one.value = std::monostate{};
            for (auto n = *rc::gen::inRange(0, 4); n > 0; --n) {
                one.replaces.push_back(ids[*rc::gen::inRange<std::size_t>(0, count)]);
            }
            write.fields.push_back(std::move(one));
        }
        history.push_back(std::move(write));
    }
    return history;
}

/// Runs a property with a seed of its own, so that a run can be repeated.
template <class Property>
void holds(const char* law, Property property) {
    ::setenv("RC_PARAMS", "seed=20250831 max_success=300", 0);
    CHECK(rc::check(law, property));
}

std::set<std::uint64_t> liveIds(const Row& row, Field field) {
    auto ids = row.liveIds(field);
    return {ids.begin(), ids.end()};
}

}  // namespace

TEST_CASE("row law: the same ordered writes give the same row") {
    holds("fold is a function", [] {
        History history = arbitraryHistory();
        RC_ASSERT(fold(history) == fold(history));
    });
}

TEST_CASE("row law: a fold can be interrupted, stored and gone on with") {
    holds("fold over a stored prefix", [] {
        History history = arbitraryHistory();
        auto cut = *rc::gen::inRange<std::size_t>(0, history.size() + 1);
        auto middle = history.begin() + static_cast<std::ptrdiff_t>(cut);
        Bytes stored;
        fold(History(history.begin(), middle)).encode(stored);
        base::Reader in(stored);
        auto row = Row::decode(in);
        RC_ASSERT(row.has_value() && in.atEnd());
        for (auto it = middle; it != history.end(); ++it) row->apply(it->ref, it->fields);
        RC_ASSERT(*row == fold(history));
    });
}

TEST_CASE("row law: equal values never stand beside each other, and places ascend") {
    holds("live values are distinct", [] {
        Row row = fold(arbitraryHistory());
        for (const auto& state : row.fields()) {
            for (std::size_t i = 0; i < state.live.size(); ++i) {
                RC_ASSERT(!state.live[i].writes.empty());
                if (i > 0) RC_ASSERT(state.live[i - 1].position() < state.live[i].position());
                for (std::size_t k = 0; k < i; ++k)
                    RC_ASSERT(!(state.live[i].value == state.live[k].value));
            }
        }
    });
}

TEST_CASE("row law: what a write names is gone, in whatever order they come") {
    holds("named writes are never live", [] {
        History history = arbitraryHistory();
        Row row = fold(history);
        for (const Write& write : history) {
            for (const FieldWrite& one : write.fields) {
                for (std::uint64_t id : one.replaces) {
                    if (id == write.ref.id) continue;
                    RC_ASSERT(!liveIds(row, one.field).contains(id));
                }
            }
        }
    });
}

TEST_CASE("row law: what nobody names is live") {
    holds("unnamed writes are live", [] {
        History history = arbitraryHistory();
        Row row = fold(history);
        for (Field field : kFields) {
            std::set<std::uint64_t> written;
            std::set<std::uint64_t> named;
            for (const Write& write : history) {
                for (const FieldWrite& one : write.fields) {
                    if (one.field != field) continue;
                    written.insert(write.ref.id);
                    for (std::uint64_t id : one.replaces) {
                        if (id != write.ref.id) named.insert(id);
                    }
                }
            }
            for (std::uint64_t id : named) written.erase(id);
            auto live = liveIds(row, field);
            for (std::uint64_t id : live) RC_ASSERT(written.contains(id));
            if (written.size() <= 4)
                RC_ASSERT(live == written);  // a value keeps its newest 4 writers
        }
    });
}

TEST_CASE("row: whatever is written to it without end, it stays readable and can be resolved") {
    Row row(ObjectKind::Assignment, {});
    std::uint64_t id = 0;
    for (int i = 0; i < 5000; ++i) {
        std::vector<FieldWrite> writes{{Field::Result, std::int64_t{i % 40}, {}},
                                       {static_cast<Field>(1000 + i), std::int64_t{i}, {}}};
        row.apply({++id, id}, writes);
    }
    CHECK(row.fields().size() == 257);  // the known one has its own room
    CHECK(row.liveIds(Field::Result).size() == 16);
    base::Bytes bytes;
    row.encode(bytes);
    base::Reader in(bytes);
    auto read = Row::decode(in);
    REQUIRE(read);
    CHECK(*read == row);
    FieldWrite resolution{Field::Result, std::int64_t{7}, row.liveIds(Field::Result)};
    row.apply({++id, id}, {resolution});
    CHECK(row.conflicts() == 0);
}

TEST_CASE("row: fields and values of others never take the room of an honest report") {
    Row row(ObjectKind::Assignment, {});
    std::uint64_t id = 0;
    for (int i = 0; i < 300; ++i) {
        FieldWrite unknown{static_cast<Field>(1000 + i), std::int64_t{i}, {}};
        CHECK(row.apply({++id, id}, {unknown}) == (i < 256 ? 0U : 1U));
    }
    for (int i = 0; i < 16; ++i) {
        FieldWrite junk{Field::Result, "rác " + std::to_string(i), {}};
        CHECK(row.apply({++id, id}, {junk}) == 0);
    }
    FieldWrite honest{Field::Result, std::string("đã hoàn thành"), {}};
    CHECK(row.apply({++id, id}, {honest}) == 1);  // the oldest made room
    CHECK(row.text(Field::Result) == "đã hoàn thành");
    CHECK(row.field(Field::Result)->live.size() == 16);
    CHECK(row.field(Field::Result)->live.front().value == domain::Value(std::string("rác 1")));
}

TEST_CASE("row law: a write that names all live values leaves one") {
    holds("a resolution resolves", [] {
        History history = arbitraryHistory();
        Row row = fold(history);
        for (Field field : kFields) {
            FieldWrite resolution{field, std::int64_t{99}, row.liveIds(field)};
            row.apply({5000, history.size()}, {resolution});
            RC_ASSERT(row.field(field)->live.size() == std::size_t{1});
            RC_ASSERT(row.number(field) == std::int64_t{99});
        }
        RC_ASSERT(row.conflicts() == std::size_t{0});
    });
}

TEST_CASE("row law: an object is the same whatever other objects' writes come between") {
    holds("fields are independent", [] {
        History history = arbitraryHistory();
        Row row = fold(history);
        for (Field field : kFields) {
            History alone = history;
            for (Write& write : alone) {
                std::erase_if(write.fields, [&](const FieldWrite& w) { return w.field != field; });
            }
            Row only = fold(alone);
            bool written = row.field(field) != nullptr;
            RC_ASSERT(written == (only.field(field) != nullptr));
            if (written) RC_ASSERT(*row.field(field) == *only.field(field));
        }
    });
}

TEST_CASE("row: two writers who did not see each other leave a conflict, the later is shown") {
    Row row(ObjectKind::Assignment, {});
    FieldWrite first{Field::Result, std::string("Đã ban hành kế hoạch"), {}};
    FieldWrite second{Field::Result, std::string("Đang lấy ý kiến"), {}};
    row.apply({11, 0}, {first});
    CHECK(row.conflicts() == 0);
    row.apply({12, 1}, {second});
    CHECK(row.conflicts() == 1);
    CHECK(row.text(Field::Result) == "Đang lấy ý kiến");
    CHECK((row.liveIds(Field::Result) == std::vector<std::uint64_t>{11, 12}));
    FieldWrite again{Field::Result, first.value, {}};
    row.apply({13, 2}, {again});
    CHECK(row.conflicts() == 1);
    CHECK(row.text(Field::Result) == "Đã ban hành kế hoạch");
    CHECK((row.liveIds(Field::Result) == std::vector<std::uint64_t>{12, 11, 13}));
}

TEST_CASE("row: a named write that comes later is superseded at once, but removes what it names") {
    Row row(ObjectKind::Assignment, {});
    FieldWrite first{Field::Percent, std::int64_t{10}, {}};
    FieldWrite third{Field::Percent, std::int64_t{30}, {2}};
    FieldWrite second{Field::Percent, std::int64_t{20}, {1}};
    row.apply({1, 0}, {first});
    row.apply({3, 1}, {third});
    CHECK(row.conflicts() == 1);
    CHECK((row.field(Field::Percent)->superseded == std::vector<std::uint64_t>{2}));
    row.apply({2, 2}, {second});
    CHECK(row.conflicts() == 0);
    CHECK(row.number(Field::Percent) == 30);
    CHECK((row.field(Field::Percent)->superseded == std::vector<std::uint64_t>{2}));
}

TEST_CASE("row: within one entry the last write of a field counts") {
    Row row(ObjectKind::Assignment, {});
    std::vector<FieldWrite> writes{{Field::Percent, std::int64_t{10}, {}},
                                   {Field::Percent, std::int64_t{20}, {}}};
    row.apply({1, 0}, writes);
    CHECK(row.conflicts() == 0);
    CHECK(row.number(Field::Percent) == 20);
    CHECK(row.liveIds(Field::Percent).size() == 1);
}

TEST_CASE("row: the value whose newest write was removed goes back to its older place") {
    Row row(ObjectKind::Assignment, {});
    auto write = [&](std::uint64_t id, std::uint64_t position, std::int64_t value,
                     std::vector<std::uint64_t> replaces) {
        FieldWrite one{Field::Percent, value, std::move(replaces)};
        row.apply({id, position}, {one});
    };
    write(1, 0, 10, {9});
    write(2, 1, 20, {});
    write(3, 2, 10, {});
    CHECK(row.number(Field::Percent) == 10);
    write(9, 3, 90, {3});  // superseded by 1, but it removes 3
    CHECK((row.liveIds(Field::Percent) == std::vector<std::uint64_t>{1, 2}));
    CHECK(row.number(Field::Percent) == 20);
}

TEST_CASE("row: a superseded entry is so with each of its writes of the field") {
    Row row(ObjectKind::Assignment, {});
    FieldWrite named{Field::Percent, std::int64_t{30}, {2}};
    row.apply({1, 0}, {named});
    std::vector<FieldWrite> twice{{Field::Percent, std::int64_t{10}, {}},
                                  {Field::Percent, std::int64_t{20}, {}}};
    row.apply({2, 1}, twice);
    CHECK((row.liveIds(Field::Percent) == std::vector<std::uint64_t>{1}));
    CHECK(row.number(Field::Percent) == 30);
}

TEST_CASE("row: a cleared field shows nothing, and differs from one never written") {
    Row row(ObjectKind::Assignment, {});
    CHECK(row.field(Field::Percent) == nullptr);
    FieldWrite cleared{Field::Percent, std::monostate{}, {}};
    row.apply({1, 0}, {cleared});
    CHECK(row.shown(Field::Percent) == nullptr);
    CHECK_FALSE(row.number(Field::Percent));
    CHECK(row.liveIds(Field::Percent).size() == 1);
    FieldWrite number{Field::Percent, std::int64_t{1}, {}};
    row.apply({2, 1}, {number});
    CHECK(row.conflicts() == 1);
}

TEST_CASE("row: pending writes stand behind ordered ones and are told apart") {
    Row row(ObjectKind::Assignment, {});
    FieldWrite pending{Field::Percent, std::int64_t{50}, {}};
    FieldWrite ordered{Field::Percent, std::int64_t{40}, {}};
    row.apply({2, domain::kPendingPosition}, {pending});
    CHECK(row.hasPending());
    row.apply({1, 7}, {ordered});
    CHECK(row.number(Field::Percent) == 50);
    Row settled(ObjectKind::Assignment, {});
    settled.apply({1, 7}, {ordered});
    CHECK_FALSE(settled.hasPending());
}

TEST_CASE("row: every type of value is stored as it is") {
    test::SeededRandom random;
    base::ObjectId id = random.make<base::ObjectId>();
    Row row(ObjectKind::Task, id);
    std::vector<FieldWrite> writes{
        {Field::TaskContent, std::string("Rà soát quỹ đất"), {}},
        {Field::TaskDocuments,
         std::vector{random.make<base::ObjectId>(), random.make<base::ObjectId>()},
         {7}},
        {Field::TaskDeadline, std::int64_t{-20'000}, {}},
        {Field::TaskSection, std::monostate{}, {}},
        {static_cast<Field>(60'000), std::string("of a newer version"), {}}};
    row.apply({random.number(), 1U << 20}, writes);
    Bytes bytes;
    row.encode(bytes);
    base::Reader in(bytes);
    auto read = Row::decode(in);
    REQUIRE(read);
    CHECK(in.atEnd());
    CHECK((*read == row));
    CHECK((read->ids(Field::TaskDocuments).size() == 2));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        base::Reader cut(base::ByteView(bytes).first(size));
        CHECK_FALSE(Row::decode(cut));
    }
}

TEST_CASE("row: damaged bytes are refused or read, never followed beyond their end") {
    test::SeededRandom random(5);
    Row row(ObjectKind::Task, random.make<base::ObjectId>());
    for (std::uint64_t i = 0; i < 6; ++i) {
        FieldWrite write{Field::TaskContent, "content " + std::to_string(i), {i + 100}};
        row.apply({i, i}, {write});
    }
    Bytes good;
    row.encode(good);
    for (int i = 0; i < 20'000; ++i) {
        Bytes bytes = i % 2 == 0 ? good : random.bytes(random.below(200));
        for (std::size_t n = random.below(4); n > 0 && !bytes.empty(); --n) {
            bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.number());
        }
        base::Reader in(bytes);
        auto read = Row::decode(in);
        CHECK(in.position() <= bytes.size());
        if (read && in.atEnd()) {
            Bytes again;
            read->encode(again);
            CHECK(again.size() <= bytes.size());
        }
    }
}

TEST_CASE(
    "row: stored bytes whose fields are out of order, or whose values nobody wrote, are damage") {
    Row row(ObjectKind::Assignment, {});
    row.apply({1, 1},
              {{Field::Result, std::string("a"), {}}, {Field::Status, std::int64_t{2}, {}}});
    base::Bytes bytes;
    row.encode(bytes);
    constexpr std::size_t kFirstField = 1 + 16 + 1;  // kind, id, count
    REQUIRE(bytes[kFirstField] == static_cast<std::uint8_t>(Field::Status));
    base::Bytes twice = bytes;
    twice[kFirstField] = static_cast<std::uint8_t>(Field::Result);  // as the one behind it
    base::Reader in(twice);
    CHECK(Row::decode(in).error().code == base::Code::Corrupt);
    // One field, one live value of type nothing, without writes.
    base::Bytes orphan(bytes.begin(), bytes.begin() + 17);
    base::Writer(orphan).varint(1).varint(33).varint(1).u8(0).varint(0).varint(0);
    base::Reader of(orphan);
    CHECK(Row::decode(of).error().code == base::Code::Corrupt);
}
