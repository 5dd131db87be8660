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

void Rogue::takeOver(ClientNode& client) {
    m_client = &client;
    m_incarnation = client.random().make<base::IncarnationId>();
}

ledger::ChainState Rogue::tipOf(const base::ScopeId& scope) {
    const replica::Identity& identity = m_client->replica().identity();
    ledger::ChainId chain{scope, identity.device, m_incarnation};
    if (!m_tips.contains(scope))
        m_tips[scope] = ledger::ChainState::start(identity.province, chain);
    return m_tips[scope];
}

std::optional<Rogue::Forged> Rogue::forge(const base::ScopeId& scope, const Bytes& plain,
                                          const ledger::ChainState& before) {
    const replica::Replica& replica = m_client->replica();
    const replica::Identity& identity = replica.identity();
    ledger::ChainId chain{scope, identity.device, m_incarnation};
    Forged out{{}, before, {}};
    ledger::Header header;
    header.claimed = m_world.time;
    bool isDirectory = scope == domain::directoryScope(identity.province);
    const crypto::SecretKey* key = nullptr;
    if (!isDirectory) {
        key = replica.keys().find(m_province.scopeOf(m_client->unit()), 1);
        if (key == nullptr) return {};
        header.keyVersion = 1;
    }
    Bytes entry = ledger::encodeHeader(header, out.after);
    Bytes headerBytes = entry;
    Bytes packed = wire::compress(plain, wire::kBodyLevel, 0);
    if (isDirectory) {
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
    enum class Lie { ProvinceField, OtherUnit, Rule, Damaged, UnknownKind, WrongPrev, kSize };
    const base::ScopeId own = m_province.scopeOf(m_client->unit());
    const base::ScopeId directory = domain::directoryScope(m_client->replica().identity().province);
    const domain::Change written =
        domain::Written{domain::ObjectKind::Task,
                        m_world.random.make<base::ObjectId>(),
                        {{domain::Field::TaskContent, std::string(kForgedText), {}}}};
    const domain::Change rule = domain::RuleSet{"dictionary", "7"};
    const auto lie = static_cast<Lie>(m_world.random.below(static_cast<std::uint64_t>(Lie::kSize)));
    base::ScopeId scope = own;
    if (lie == Lie::OtherUnit) scope = m_province.scopeOf(kProvinceCode);
    if (lie == Lie::Rule) scope = directory;
    Bytes plain = wire::encodeBody(std::span(lie == Lie::Rule ? &rule : &written, 1));
    if (lie == Lie::UnknownKind) plain[kFirstTag] = 200;
    std::optional<Forged> forged = forge(scope, plain, tipOf(scope));
    if (!forged) return;
    if (lie == Lie::Damaged)
        forged->segment[forged->segment.size() - 70] ^= 1;     // the seal does not fit
    if (lie == Lie::WrongPrev) forged->segment[kPrevAt] ^= 1;  // the seal fits all the same
    auto refused = push(forged->segment);
    m_world.story.tell(m_client->name() +
                       " forges an entry: " + (refused ? "refused, " + refused->text : "admitted"));
    if (lie == Lie::ProvinceField || lie == Lie::UnknownKind) {
        must(!refused, "the server refused an entry whose body it cannot know: " +
                           (refused ? refused->text : ""));
        m_tips[own] = forged->after;
        m_withoutEffect.emplace_back(own, forged->entry);
        m_world.counters.add(Count::RogueWithoutEffect);
        return;
    }
    must(refused.has_value(), "8: the server admitted a forged entry");
    m_world.counters.add(Count::RogueRefused);
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
    must(audit.size() == own, "8: the audit of " + client.name() + " names honest entries");
}

}  // namespace sim
