#include "rogue.h"

#include "ledger/body.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace sim {
namespace {

constexpr std::string_view kForgedText = "Nội dung giả mạo";
constexpr std::size_t kFirstTag = 32;            // of the first change in an encoded body
constexpr std::size_t kPrevAt = 16 * 3 + 8 + 2;  // in a segment

}  // namespace

enum class Rogue::Lie {
    ProvinceField,
    Fork,
    WrongPrev,
    Damaged,
    OtherUnit,
    Rule,
    UnknownKind,
    Plain,
    FutureKey,
    Dictionary,
    OtherDevice,
    Gap,
    ForgedStatement,
    CopiedStatement,
    OthersStatement,
    UnsignedCompletion,
    kSize
};

/// What the server must say to a lie; without a reason it cannot know.
struct Rogue::Verdict {
    Lie lie;
    std::optional<wire::RefusedReason> reason;
};

void Rogue::takeOver(ClientNode& client) {
    m_client = &client;
    m_incarnation = client.random().make<base::IncarnationId>();
    m_turn = m_world.random.chance(500) ? 0 : static_cast<std::size_t>(Lie::UnknownKind);
}

ledger::ChainState Rogue::tipOf(const base::ScopeId& scope) {
    const replica::Identity& identity = m_client->replica().identity();
    ledger::ChainId chain{scope, identity.device, m_incarnation};
    if (!m_tips.contains(scope))
        m_tips[scope] = ledger::ChainState::start(identity.province, chain);
    return m_tips[scope];
}

const Rogue::Verdict& Rogue::expected(Lie lie) {
    using Reason = wire::RefusedReason;
    static constexpr Verdict kAll[] = {
        {Lie::ProvinceField, {}},
        {Lie::Fork, Reason::Forked},
        {Lie::WrongPrev, Reason::Forked},
        {Lie::Damaged, Reason::Malformed},
        {Lie::OtherUnit, Reason::NoRight},
        {Lie::Rule, Reason::NoRight},
        {Lie::UnknownKind, {}},
        {Lie::Plain, Reason::NoRight},
        {Lie::FutureKey, Reason::NoRight},
        {Lie::Dictionary, Reason::NoRight},
        {Lie::OtherDevice, Reason::NoRight},
        {Lie::Gap, Reason::Gap},
        {Lie::ForgedStatement, {}},
        {Lie::CopiedStatement, {}},
        {Lie::OthersStatement, {}},
        {Lie::UnsignedCompletion, {}},
    };
    static_assert(std::size(kAll) == static_cast<std::size_t>(Lie::kSize));
    return kAll[static_cast<std::size_t>(lie)];
}

/// A completion that the officer of the device has not signed as it stands there.
domain::Change Rogue::falseCompletion(Lie lie, const base::ScopeId& scope) {
    const replica::Replica& own = m_client->replica();
    const domain::Written written{
        domain::ObjectKind::Assignment,
        m_world.random.make<base::ObjectId>(),
        {{domain::Field::Result, std::string(kForgedText), {}},
         {domain::Field::Status, static_cast<std::int64_t>(domain::Status::Completed), {}}}};
    if (lie == Lie::UnsignedCompletion) return written;
    const bool isOthers = lie == Lie::OthersStatement;
    const replica::Replica& signer = isOthers ? m_world.office().replica() : own;
    auto out = must(signer.state(scope, written, signer.identity().officerKeys.front().publicKey),
                    "the rogue gets a statement");
    auto& stated = std::get<domain::Stated>(out);
    if (lie == Lie::ForgedStatement) stated.signature = m_world.random.make<base::Signature>();
    if (lie == Lie::CopiedStatement) stated.written.id = m_world.random.make<base::ObjectId>();
    return out;
}

bool Rogue::isOfStatements(Lie lie) {
    return lie >= Lie::ForgedStatement && lie < Lie::kSize;
}

Rogue::Draft Rogue::draft(Lie lie) {
    const domain::Directory& directory = m_world.watch.directory().directory();
    const replica::Identity& identity = m_client->replica().identity();
    const domain::Change written =
        domain::Written{domain::ObjectKind::Task,
                        m_world.random.make<base::ObjectId>(),
                        {{domain::Field::TaskContent, std::string(kForgedText), {}}}};
    const domain::Change rule = domain::RuleSet{"dictionary", "7"};
    Draft out;
    out.scope = m_province.scopeOf(m_client->unit());
    if (lie == Lie::OtherUnit) out.scope = m_province.scopeOf(kProvinceCode);
    if (lie == Lie::Rule) out.scope = domain::directoryScope(identity.province);
    domain::Change change = lie == Lie::Rule ? rule : written;
    if (isOfStatements(lie)) change = falseCompletion(lie, out.scope);
    out.plain = wire::encodeBody(std::span(&change, 1));
    if (lie == Lie::UnknownKind) out.plain[kFirstTag] = 200;
    out.device = identity.device;
    out.before = tipOf(out.scope);
    if (lie == Lie::Fork) out.before = *m_beforeLast;
    if (lie == Lie::Gap) out.before.nextSeq += 1;
    if (lie == Lie::OtherDevice) {
        out.device = m_world.office().replica().identity().device;
        out.before =
            ledger::ChainState::start(identity.province, {out.scope, out.device, m_incarnation});
    }
    if (lie == Lie::Rule || lie == Lie::Plain) out.keyVersion = 0;
    if (lie == Lie::FutureKey)
        out.keyVersion = directory.newestKeyVersion(out.scope, directory.size()) + 1;
    if (lie == Lie::Dictionary)
        out.dictionary =
            static_cast<std::uint8_t>(directory.dictionaryAllowed(directory.size()) + 1);
    return out;
}

std::optional<Rogue::Forged> Rogue::forge(const Draft& draft) {
    const replica::Replica& replica = m_client->replica();
    const replica::Identity& identity = replica.identity();
    ledger::ChainId chain{draft.scope, draft.device, m_incarnation};
    Forged out{{}, draft.before, {}};
    ledger::Header header;
    header.claimed = m_world.time;
    header.keyVersion = draft.keyVersion;
    header.dictionary = draft.dictionary;
    const crypto::SecretKey* key = replica.keys().find(m_province.scopeOf(m_client->unit()), 1);
    if (key == nullptr) return {};
    Bytes entry = ledger::encodeHeader(header, out.after);
    Bytes headerBytes = entry;
    Bytes packed = wire::compress(draft.plain, wire::kBodyLevel, 0);
    if (draft.keyVersion == 0) {
        base::Writer(entry).raw(packed);
    } else {
        ledger::sealBody(*key, out.after.tip, headerBytes, packed, entry);
    }
    ledger::Entry made = must(ledger::advance(out.after, entry), "the rogue's entry is read");
    out.entry = made.hash;
    Bytes sealed = ledger::sealedBytes(identity.province, chain, made.seq, made.hash);
    ByteView view = entry;
    ledger::encodeSegment(chain, made.seq, made.prev, std::span(&view, 1),
                          crypto::sign(identity.deviceKey, crypto::Context::Seal, sealed),
                          out.segment);
    return out;
}

std::optional<wire::Refused> Rogue::push(const Bytes& segment) {
    const replica::Identity& identity = m_client->replica().identity();
    std::uint64_t number = m_world.nextNumber();
    session::ServerSession session(m_world.server.intake(), number, identity.exchangeKey.publicKey);
    wire::Hello hello;
    hello.incarnation = m_incarnation;
    hello.pendingEntries = 1;
    hello.pushFollows = true;
    must(session.onMessage(wire::encode(wire::ClientMessage(hello))), "the rogue's hello");
    must(session.onMessage(wire::encode(wire::ClientMessage(wire::Push{{segment}}))),
         "the rogue's push");
    while (!m_world.server.intake().isIdle()) m_world.commit(Faults::No);
    must(m_world.verdicts.contains(number), "the rogue gets no verdict");
    auto verdict = m_world.verdicts[number];
    m_world.verdicts.clear();
    return verdict;
}

void Rogue::act() {
    auto lie = static_cast<Lie>(m_turn++ % static_cast<std::size_t>(Lie::kSize));
    if (lie == Lie::Fork && !m_beforeLast) return;
    const domain::Directory& ordered = m_world.watch.directory().directory();
    if (lie == Lie::UnsignedCompletion && !ordered.requiresStatements(ordered.size())) return;
    const Draft wanted = draft(lie);
    std::optional<Forged> forged = forge(wanted);
    if (!forged) return;
    if (lie == Lie::Damaged)
        forged->segment[forged->segment.size() - 70] ^= 1;     // the seal does not fit
    if (lie == Lie::WrongPrev) forged->segment[kPrevAt] ^= 1;  // the seal fits all the same
    auto refused = push(forged->segment);
    m_world.story.tell(m_client->name() +
                       " forges an entry: " + (refused ? "refused, " + refused->text : "admitted"));
    m_world.counters.add(Count::RogueProvinceField, lie, 1);
    const Verdict& verdict = expected(lie);
    if (verdict.reason) {
        must(refused.has_value(), "8: the server admitted a forged entry");
        must(refused->reason == *verdict.reason,
             "8: the server refused a forged entry for another reason: " + refused->text);
        return;
    }
    must(!refused, "8: the server refused an entry whose body it cannot know: " +
                       (refused ? refused->text : ""));
    m_tips[wanted.scope] = forged->after;
    m_beforeLast = wanted.before;
    m_withoutEffect.emplace_back(wanted.scope, forged->entry);
}

void Rogue::actRevoked() {
    const base::ExchangeKey& peer = m_client->replica().identity().exchangeKey.publicKey;
    session::ServerSession session(m_world.server.intake(), m_world.nextNumber(), peer);
    must(session.onMessage(wire::encode(wire::ClientMessage(wire::Hello{}))), "the rogue's hello");
    const base::ScopeId directory = m_world.watch.directory().directory().directoryScopeId();
    for (bool isOver = false; !isOver;) {
        auto said = must(session.produce(), "the server answers the rogue");
        must(said.has_value(), "9: the server says nothing to a revoked rogue");
        auto decoded = must(wire::decodeServerMessage(said->message), "a message is decoded");
        auto* refused = std::get_if<wire::Refused>(&decoded.message);
        isOver = refused != nullptr && refused->reason == wire::RefusedReason::Revoked;
        auto* answer = std::get_if<wire::Answer>(&decoded.message);
        auto* batch = std::get_if<wire::Batch>(&decoded.message);
        bool isDue = isOver || (answer != nullptr && answer->ledgers.empty()) ||
                     (batch != nullptr && batch->scope == directory);
        must(isDue, "9: the revoked rogue is served");
    }
    m_world.counters.add(Count::RogueRevokedSession);

    std::optional<Forged> forged = forge(draft(Lie::ProvinceField));
    if (!forged) return;
    std::uint64_t number = m_world.nextNumber();
    m_world.server.intake().push(number, m_client->replica().identity().device,
                                 {forged->segment, nullptr});
    while (!m_world.server.intake().isIdle()) m_world.commit(Faults::No);
    auto verdict = m_world.verdicts[number];
    m_world.verdicts.clear();
    must(verdict && verdict->reason == wire::RefusedReason::Revoked,
         "9: the server takes what a revoked rogue had under way");
    m_world.story.tell("the revoked rogue is refused");
    m_world.counters.add(Count::RogueRevokedPush);
}

std::optional<wire::RefusedReason> Rogue::introduceThief(const domain::InvitationSecret& secret) {
    ClientNode thief("a thief", "", m_world.time, m_world.random.fork());
    replica::Identity identity = m_province.newIdentity(thief.random());
    thief.create(identity, m_province.enrolment(identity, secret));
    Bytes segment = must(thief.replica().introductionSegment(), "a thief's introduction");
    std::uint64_t number = m_world.nextNumber();
    session::ServerSession session(m_world.server.intake(), number, identity.exchangeKey.publicKey);
    must(session.onMessage(session::introduction::introduce(segment)), "a thief's introduction");
    while (!m_world.server.intake().isIdle()) m_world.commit(Faults::No);
    auto verdict = m_world.verdicts[number];
    m_world.verdicts.clear();
    if (!verdict) return {};
    return verdict->reason;
}

void Rogue::useInvitationAgain(const domain::InvitationSecret& secret) {
    must(introduceThief(secret) == wire::RefusedReason::Used, "10: an invitation made two devices");
    m_world.story.tell("a thief with a used invitation is refused");
    m_world.counters.add(Count::UsedInvitationsRefused);
}

void Rogue::useExpiredInvitation(const domain::InvitationSecret& secret) {
    must(introduceThief(secret) == wire::RefusedReason::Expired,
         "10: an invitation was used after its time");
    m_world.story.tell("a thief with an expired invitation is refused");
    m_world.counters.add(Count::ExpiredInvitationsRefused);
}

void Rogue::check(ClientNode& client) const {
    must(client.replica().eachRow([&](const base::ScopeId&, domain::Row row) -> base::Result<bool> {
        must(row.text(domain::Field::TaskContent) != kForgedText,
             "8: " + client.name() + " shows a forged task");
        must(row.text(domain::Field::Result) != kForgedText,
             "8: " + client.name() + " shows a completion that no officer signed");
        return true;
    }),
         client.name() + " lists its rows");
    auto audit = must(client.replica().audit(), client.name() + " audits");
    std::size_t own = 0;
    for (const auto& [scope, entry] : m_withoutEffect) {
        if (!client.replica().directory().directory().mayRead(client.replica().identity().device,
                                                              scope))
            continue;
        ++own;
        bool isNamed = std::any_of(audit.begin(), audit.end(),
                                   [&](const auto& e) { return e.entry == entry; });
        must(isNamed, "8: the audit of " + client.name() + " does not name a forged entry");
    }
    // Two copies of a device may each write again what both of them had stranded; and what the
    // office refuses is named.
    const auto isRepetition = [](const session::WithoutEffect& e) {
        return e.reason == "was written again a second time" ||
               e.reason == "had been written again before it arrived" ||
               e.reason == "was written again although it had arrived" ||
               e.reason == "the office has refused it: không nhận";
    };
    const auto repeated = std::count_if(audit.begin(), audit.end(), isRepetition);
    must(audit.size() == own + static_cast<std::size_t>(repeated),
         "8: the audit of " + client.name() + " names honest entries");
}

}  // namespace sim
