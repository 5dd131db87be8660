// Nothing that was signed for one purpose counts for another: all pairs of contexts, for everything
// that is signed.

#include <catch2/catch.hpp>

#include "history.h"
#include "ledger/head.h"

using base::Bytes;
using base::ByteView;
using crypto::Context;

namespace {

constexpr Context kContexts[] = {Context::Genesis, Context::Charter,   Context::Seal,
                                 Context::Enrol,   Context::Statement, Context::Head,
                                 Context::Epoch,   Context::Watermark, Context::Bundle};

/// Something that is signed: whether it is taken if it was signed in a context.
struct Kind {
    const char* name;
    Context context;
    std::function<bool(Context)> isTaken;
};

struct Signed {
    test::World w;
    test::Province& p = w.province;

    std::vector<base::Signature> byAuthority(Context context, ByteView body) {
        return p.authoritySignatures(context, body, 2);
    }
    bool takesGenesis(Context context) {
        domain::SignedGenesis genesis = p.genesis;
        genesis.signatures = byAuthority(context, genesis.body);
        domain::Directory directory;
        domain::DirectoryAuthor author;
        author.device = p.office.id(p.id);
        return !directory.apply(author, genesis);
    }
    bool takesRoot(domain::Change change) {
        domain::Directory copy = w.directory.directory();
        return !copy.apply({copy.size(), p.now, p.office.id(p.id), {}, 9}, change);
    }
    bool takesCharter(Context context) {
        domain::SignedCharter out;
        out.content = {base::copy(p.id.view()), 2, p.random.make<base::ExchangeKey>(),
                       p.headKey.publicKey};
        out.body = wire::encodeCharter(out.content);
        out.signatures = byAuthority(context, out.body);
        return takesRoot(out);
    }
    bool takesSet(Context context) {
        domain::SignedAuthoritySet out;
        out.content = {base::copy(p.id.view()), 2, {p.authority[0].publicKey}, 1};
        out.body = wire::encodeAuthoritySet(out.content);
        out.signatures = byAuthority(context, out.body);
        return takesRoot(out);
    }
    bool takesAdministrator(Context context) {
        domain::Invited invited = p.invite("ST", domain::roles::kAdministrator).change;
        invited.signatures = byAuthority(context, invited.statement(p.id));
        return takesRoot(invited);
    }
    bool takesDevice(Context context) {
        test::Ticket ticket = p.invite("X01", domain::roles::kOfficer);
        test::Member member(p.random);
        domain::DeviceEnrolled enrolled = p.enrolment(ticket, member);
        enrolled.signature =
            crypto::sign(ticket.keys.key, context, enrolled.statement(p.id, member.incarnation));
        domain::Directory copy = w.directory.directory();
        REQUIRE_FALSE(copy.apply({copy.size(), p.now, p.office.id(p.id), {}, 9}, ticket.change));
        return !copy.apply({copy.size() + 1, p.now, member.id(p.id), member.incarnation, 0},
                           enrolled);
    }
    bool takesOfficer(Context context) {
        const base::DeviceId device = p.office.id(p.id);
        test::Ticket ticket = p.invite("ST", domain::roles::kProvincial, base::copy(device.view()));
        domain::OfficerEnrolled enrolled{
            ticket.keys.number, device, crypto::SigningKey::generate(p.random).publicKey, {}};
        enrolled.signature = crypto::sign(ticket.keys.key, context, enrolled.statement(p.id));
        domain::Directory copy = w.directory.directory();
        REQUIRE_FALSE(copy.apply({copy.size(), p.now, device, {}, 9}, ticket.change));
        return !copy.apply({copy.size() + 1, p.now, device, {}, 10}, enrolled);
    }
    domain::Written completion() const {
        return {domain::ObjectKind::Assignment,
                {},
                {{domain::Field::CompletedOn, std::int64_t{20'400}, {}}}};
    }
    bool takesStated(const base::Signature& signature) const {
        const domain::Stated stated{completion(), domain::officerNumber(p.office.officer.publicKey),
                                    signature};
        const domain::Directory& directory = w.directory.directory();
        return !domain::reasonWithoutEffect(directory, p.office.id(p.id), p.scope("X01"),
                                            directory.size(), stated);
    }
    bool takesStated(Context context) {
        return takesStated(crypto::sign(p.office.officer, context,
                                        domain::statementOf(completion(), p.id, p.scope("X01"))));
    }
    bool takesSeal(Context context) {
        Bytes record = w.record(w.office(), p.scope("X01"), test::kNote, {}, 1);
        auto parsed = ledger::parseRecord(record);
        REQUIRE(parsed);
        const ledger::ChainId& chain = parsed->segment.chain;
        ledger::ChainState state = w.chainState(chain);
        ledger::ChainState end = state;
        REQUIRE(ledger::advance(end, parsed->segment.entries[0]));
        parsed->segment.seal =
            crypto::sign(w.office().device, context, ledger::sealedBytes(p.id, chain, 0, end.tip));
        std::vector<ledger::Entry> entries;
        return ledger::verifySegment(p.id, w.office().device.publicKey, parsed->segment, state,
                                     entries)
            .has_value();
    }
    bool takesHead(Context context) {
        ledger::Head head;
        head.province = p.id;
        head.charterVersion = 1;
        const Bytes bytes = head.encode();
        const std::size_t body = bytes.size() - sizeof(base::Signature);
        head.signature = crypto::sign(p.headKey, context, ByteView(bytes).first(body));
        return head.verify(p.headKey.publicKey);
    }

    std::vector<Kind> kinds() {
        return {
            {"genesis", Context::Genesis, [this](Context c) { return takesGenesis(c); }},
            {"charter", Context::Charter, [this](Context c) { return takesCharter(c); }},
            {"authority set", Context::Charter, [this](Context c) { return takesSet(c); }},
            {"statement", Context::Statement, [this](Context c) { return takesAdministrator(c); }},
            {"device", Context::Enrol, [this](Context c) { return takesDevice(c); }},
            {"officer", Context::Enrol, [this](Context c) { return takesOfficer(c); }},
            {"officer's statement", Context::Statement,
             [this](Context c) { return takesStated(c); }},
            {"seal", Context::Seal, [this](Context c) { return takesSeal(c); }},
            {"head", Context::Head, [this](Context c) { return takesHead(c); }},
        };
    }
};

}  // namespace

TEST_CASE("contexts: a signature counts in its own context and in no other") {
    Signed s;
    for (const Kind& kind : s.kinds()) {
        for (Context context : kContexts) {
            INFO(kind.name << " signed as " << crypto::contextName(context));
            CHECK(kind.isTaken(context) == (context == kind.context));
        }
    }
}

TEST_CASE("contexts: a charter is no authority set, and the other way round") {
    // They share a context, so that their bodies must not be read as each other.
    Signed s;
    domain::SignedCharter charter;
    charter.content = {base::copy(s.p.id.view()), 2, s.p.random.make<base::ExchangeKey>(),
                       s.p.headKey.publicKey};
    charter.body = wire::encodeCharter(charter.content);
    charter.signatures = s.byAuthority(Context::Charter, charter.body);
    domain::SignedAuthoritySet set;
    set.content = {base::copy(s.p.id.view()), 2, {s.p.authority[0].publicKey}, 1};
    set.body = wire::encodeAuthoritySet(set.content);
    set.signatures = s.byAuthority(Context::Charter, set.body);
    auto decodes = [](const domain::Change& change) {
        return wire::decodeBody(wire::encodeBody(std::span(&change, 1))).has_value();
    };
    CHECK(decodes(charter));
    CHECK(decodes(set));
    std::swap(charter.body, set.body);
    std::swap(charter.signatures, set.signatures);
    CHECK_FALSE(decodes(charter));
    CHECK_FALSE(decodes(set));
}

TEST_CASE("contexts: an officer's statement is nothing else that one key may sign") {
    // Invitations of administrators share its context; the other statements of the program do not,
    // but their bytes must not be taken for it either.
    Signed s;
    const auto scope = s.p.scope("X01");
    const crypto::SigningKey& officer = s.p.office.officer;
    domain::Invited invited = s.p.invite("ST", domain::roles::kAdministrator).change;
    auto asStated = [&](ByteView body) {
        return s.takesStated(crypto::sign(officer, Context::Statement, body));
    };
    CHECK(asStated(domain::statementOf(s.completion(), s.p.id, scope)));
    CHECK_FALSE(asStated(invited.statement(s.p.id)));
    test::Member member(s.p.random);
    domain::DeviceEnrolled device =
        s.p.enrolment(s.p.invite("X01", domain::roles::kOfficer), member);
    CHECK_FALSE(asStated(device.statement(s.p.id, member.incarnation)));
    domain::OfficerEnrolled enrolled{{}, s.p.office.id(s.p.id), officer.publicKey, {}};
    CHECK_FALSE(asStated(enrolled.statement(s.p.id)));
    CHECK_FALSE(asStated(wire::encodeCharter({base::copy(s.p.id.view()), 2, {}, {}})));
    invited.signatures =
        s.byAuthority(Context::Statement, domain::statementOf(s.completion(), s.p.id, scope));
    CHECK_FALSE(s.takesRoot(invited));
}
