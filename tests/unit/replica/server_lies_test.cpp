// What a replica takes from a server that holds the head key and says what is not so.

#include <catch2/catch.hpp>

#include "../province/in_memory.h"
#include "ledger/body.h"
#include "wire/body.h"
#include "wire/compress.h"

using base::Bytes;
using base::Code;
using test::InMemoryProvince;
using test::Machine;

namespace {

/// Orders in a ledger whatever it is given, and signs for it.
class LyingServer {
public:
    LyingServer(InMemoryProvince& province, const base::ScopeId& scope) : m_province(province) {
        m_head.province = province.office->identity().province;
        m_head.scope = scope;
        m_head.charterVersion = 1;
    }
    /// A segment of one entry, the first of its chain.
    void order(const Bytes& segment, std::uint64_t directorySize) {
        const auto now = static_cast<std::uint64_t>(m_province.clock.now);
        const ledger::Arrival at{now, directorySize, now};
        auto parsed = ledger::parseSegment(segment);
        REQUIRE(parsed);
        auto state = ledger::ChainState::start(m_head.province, parsed->chain);
        auto entry = ledger::advance(state, parsed->entries[0]);
        REQUIRE(entry);
        const base::Hash& root = m_province.office->directory().rootAt(directorySize);
        m_frontier.append(ledger::leafHash(entry->hash, at, root));
        ledger::encodeArrival(at, m_records.emplace_back(segment));
    }
    base::Status tell(replica::Replica& replica) {
        m_head.size = m_frontier.size();
        m_head.root = m_frontier.root();
        m_head.sign(m_province.headKey);
        const Bytes head = m_head.encode();
        wire::Batch batch;
        batch.scope = m_head.scope;
        for (const Bytes& record : m_records) batch.records.emplace_back(base::ByteView(record));
        batch.head = head;
        return replica.ingest(batch);
    }

private:
    InMemoryProvince& m_province;
    ledger::Head m_head;
    ledger::Frontier m_frontier;
    std::vector<Bytes> m_records;
};

/// An officer of X01 reads what others of the unit are said to have written.
struct Reader {
    const domain::Directory& directory() { return (*reader)->directory().directory(); }
    /// A note, in an entry that its author's program would not write.
    Bytes noteOf(const Machine& author, const ledger::Header& header, const std::string& text) {
        const domain::Change change = test::note(text);
        const Bytes plain = wire::encodeBody(std::span(&change, 1));
        const std::uint8_t dictionary = std::min(header.dictionary, wire::kDictionaryNewest);
        const Bytes packed = wire::compress(plain, wire::kBodyLevel, dictionary);
        const replica::Identity& id = author.replica->identity();
        const base::ScopeId scope = reader->scope();
        const auto state = ledger::ChainState::start(
            id.province, ledger::ChainId{scope, id.device, id.incarnation});
        const auto* key = author.replica->keys().find(
            scope, std::max(1U, static_cast<std::uint32_t>(header.keyVersion)));
        REQUIRE(key != nullptr);
        Bytes body;
        ledger::sealBody(*key, state.tip, ledger::encodeHeader(header, state), packed, body);
        return test::sealedEntry(id, scope, header, body);
    }
    std::vector<std::string> notes() {
        std::vector<std::string> out;
        REQUIRE((*reader)->eachRow([&](const base::ScopeId&, domain::Row row) {
            if (row.kind() == domain::ObjectKind::Note)
                out.push_back(row.text(domain::Field::NoteText));
            return base::Result<bool>(true);
        }));
        return out;
    }

    InMemoryProvince p;
    std::unique_ptr<Machine> a = p.join("X01", domain::roles::kOfficer);
    std::unique_ptr<Machine> b = p.join("X01", domain::roles::kOfficer);
    std::unique_ptr<Machine> reader = p.join("X01", domain::roles::kOfficer);
};

}  // namespace

TEST_CASE("replica: an entry that may not stand in a unit's ledger has no effect, and is passed") {
    Reader r;
    ledger::Header header;
    header.keyVersion = 1;
    std::uint64_t directorySize = r.directory().size();
    const Bytes honest = r.noteOf(*r.a, header, "thật");
    SECTION("without a key version") {
        header.keyVersion = 0;
    }
    SECTION("with a dictionary that no rule allows") {
        header.dictionary = wire::kDictionaryNewest + 1;
    }
    SECTION("under a key that was made later") {
        auto& office = r.p.office;
        const base::ScopeId scope = r.reader->scope();
        const domain::Directory& directory = office->directory().directory();
        auto made = office->keys().make(directory, scope, r.p.random);
        REQUIRE(made);
        REQUIRE(office->append({directory.directoryScopeId(), {made->change}}));
        r.p.settleOffice();
        for (Machine* machine : {r.b.get(), r.reader.get()}) REQUIRE(r.p.sync(*machine));
        header.keyVersion = 2;
    }
    const Bytes bad = r.noteOf(*r.b, header, "dối");
    LyingServer server(r.p, r.reader->scope());
    server.order(bad, directorySize);
    server.order(honest, directorySize);
    REQUIRE(server.tell(*r.reader));
    CHECK(r.notes() == std::vector<std::string>{"thật"});
    auto audit = (*r.reader)->audit();
    REQUIRE(audit);
    REQUIRE(audit->size() == 1);
    CHECK(audit->front().position == 0);
    CHECK(audit->front().change == "entry");
}

TEST_CASE("replica: an entry under a key of its time has effect") {  // of the test above
    Reader r;
    ledger::Header header;
    header.keyVersion = 1;
    header.dictionary = wire::kDictionaryNewest;
    LyingServer server(r.p, r.reader->scope());
    server.order(r.noteOf(*r.a, header, "thật"), r.directory().size());
    REQUIRE(server.tell(*r.reader));
    CHECK(r.notes() == std::vector<std::string>{"thật"});
}

TEST_CASE("replica: a head of another epoch than the ledger's is refused") {
    Reader r;
    const base::ScopeId scope = r.reader->scope();
    auto write = [&](const std::string& text) {
        REQUIRE((*r.a)->append({scope, {test::note(text)}}));
        REQUIRE(r.p.sync(*r.a));
    };
    write("một");
    REQUIRE(r.p.sync(*r.reader));
    write("hai");
    Bytes record;
    base::Hash root;
    REQUIRE(r.p.intake->read(scope, 1, [&](const session::ServerPort::RecordView& view) {
        record = base::copy(view.bytes);
        root = view.rootAfter;
        return base::Result<bool>(true);
    }));
    auto signedHead = r.p.intake->signHead(scope, 2, root);
    REQUIRE(signedHead);
    auto head = ledger::Head::decode(*signedHead);
    REQUIRE(head);
    auto tell = [&](std::uint32_t epoch) {
        head->epoch = epoch;
        head->sign(r.p.headKey);
        const Bytes bytes = head->encode();
        wire::Batch batch;
        batch.scope = scope;
        batch.first = 1;
        batch.records.emplace_back(base::ByteView(record));
        batch.head = bytes;
        return (*r.reader)->ingest(batch);
    };
    auto other = tell(1);
    REQUIRE_FALSE(other);
    CHECK(other.error().code == Code::Forked);
    CHECK(r.notes() == std::vector<std::string>{"một"});
    REQUIRE(tell(0));
    CHECK(r.notes() == std::vector<std::string>{"một", "hai"});
}

TEST_CASE("replica: a server that holds less than it signed for, or something else, is forked") {
    InMemoryProvince p;
    auto a = p.join("X01", domain::roles::kOfficer);
    for (int i = 0; i < 3; ++i) {
        REQUIRE((*a)->append({a->scope(), {test::note("việc")}}));
        REQUIRE(p.sync(*a));
    }
    const replica::Identity& id = (*a)->identity();
    auto chain = p.intake->chain({a->scope(), id.device, id.incarnation});
    auto state = p.intake->state(a->scope());
    REQUIRE(chain);
    REQUIRE(state);
    wire::LedgerAnswer answer{*state, chain->nextSeq, chain->tip};
    REQUIRE(answer.nextSeq == 3);
    auto isForked = [&] {
        auto shown = (*a)->headToShow(answer.state);
        REQUIRE(shown);
        if (*shown) return true;
        auto learnt = (*a)->learnTip(answer);
        return !learnt && learnt.error().code == Code::Forked;
    };
    CHECK_FALSE(isForked());
    SECTION("another root under the same size") {
        answer.state.root = ledger::ShortRoot::from(Bytes(16, 1));
        CHECK(isForked());
    }
    SECTION("another epoch under the same size") {
        answer.state.epoch = 1;
        CHECK(isForked());
    }
    SECTION("a shorter ledger") {
        answer.state.size -= 1;
        CHECK(isForked());
    }
    SECTION("an empty ledger") {
        answer.state = {a->scope(), 0, 0, {}};
        CHECK(isForked());
    }
    SECTION("a shorter chain of this device") {
        answer.nextSeq -= 1;
        CHECK(isForked());
    }
    SECTION("no chain of this device") {
        answer.nextSeq = 0;
        CHECK(isForked());
    }
    SECTION("a longer chain of this device") {
        answer.nextSeq += 1;
        CHECK(isForked());
    }
    SECTION("another chain of this device") {
        answer.tip = {};
        CHECK(isForked());
    }
    SECTION("more entries of others") {
        answer.state.size += 1;
        answer.state.root = ledger::ShortRoot::from(Bytes(16, 1));
        CHECK_FALSE(isForked());
    }
}
