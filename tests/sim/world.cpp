#include "world.h"

#include "base/limits.h"
#include "planted_text.h"
#include "wire/body.h"

namespace sim {
namespace {

constexpr std::size_t kPiecesMax = 5;           // that are under way when a message is sent
constexpr unsigned kCutPermille = 12;           // of pieces
constexpr unsigned kTamperPermille = 4;         // of pieces
constexpr unsigned kClientCommitPermille = 8;   // of messages
constexpr unsigned kServerCommitPermille = 40;  // of commits
constexpr unsigned kNoticePermille = 120;       // of steps: an end sees that the line is dead
constexpr unsigned kCrashAtForkPermille = 300;  // of forks
constexpr unsigned kRecordPermille = 60;        // of sessions: kept for replays and lies

template <class Outgoing>
transport::Padding paddingOf(const Outgoing& out) {
    return out.control ? transport::Padding::Control : transport::Padding::None;
}
template <class Outgoing>
transport::End endOf(const Outgoing& out) {
    return out.last ? transport::End::Yes : transport::End::No;
}

/// Of the server's day, not of what was sent.
bool isPause(const wire::Refused& refused) {
    return refused.reason == wire::RefusedReason::Paused;
}

/// Sessions are open to the server: what units write must not be.
void mustBeSecret(base::ByteView message) {
    must(!holdsPlantedText(message), "12: an act stands in plain in a message of a session");
}

}  // namespace

World::World(const Options& options)
    : random(options.seed), story(time, options.print), server(time, random) {}

ClientNode& World::addClient(std::string name, std::string unit) {
    clients.push_back(
        std::make_unique<ClientNode>(std::move(name), std::move(unit), time, random.fork()));
    return *clients.back();
}

bool World::follow(ClientNode& client) {
    replica::Replica& replica = client.replica();
    if (replica.serverKey() == server.noiseKeys().publicKey) return true;
    auto body = must(server.intake().authorityAnswer(replica.authority().version()),
                     "the server answers in clear");
    auto learnt = replica.learnAuthority(must(wire::decodeBody(body), "a clear answer is decoded"));
    if (!learnt && learnt.error().code == base::Code::Io && client.store().isFull()) return false;
    must(learnt, "14: " + client.name() + " does not follow the charters");
    must(replica.serverKey() == server.noiseKeys().publicKey,
         "14: " + client.name() + " does not arrive at the server's key");
    counters.add(Count::ServersFollowed);
    story.tell(client.name() + " follows the server to charter " +
               std::to_string(replica.authority().version()));
    return true;
}

Connection& World::connect(ClientNode& client, Faults faults, base::Bytes introduction) {
    must(follow(client), "14: " + client.name() + " cannot follow the server");
    auto c = std::make_unique<Connection>();
    c->number = nextNumber();
    c->client = &client;
    c->incarnation = client.replica().identity().incarnation;
    c->faults = faults;
    c->port = std::make_unique<WatchedPort>(server.intake(), counters);
    c->port->mayFork = client.mayFork;
    c->server.emplace(*c->port, c->number, client.replica().identity().exchangeKey.publicKey);
    base::Bytes first = introduction;
    if (introduction.empty()) {
        if (random.chance(kRecordPermille)) c->before = client.store().clone();
        c->authoredBefore = client.authored();
        c->session.emplace(client.replica());
        first = must(c->session->start(), client.name() + " starts a session");
    }
    c->hasClientEnded = !introduction.empty();
    c->introduction = std::move(introduction);
    story.mix(first);
    c->sentUp.push_back(first);
    c->line = std::make_unique<Line>(server.noiseKeys(), client.replica().identity().exchangeKey,
                                     random.fork(), std::move(first));
    client.isConnected = true;
    story.tell(client.name() + " connects (" + std::to_string(c->number) + ")" +
               (c->session ? "" : " to introduce itself"));
    connections.push_back(std::move(c));
    return *connections.back();
}

bool World::step(Connection& c) {
    std::uint64_t first = random.below(5);
    for (std::uint64_t i = 0; i < 5; ++i) {
        switch ((first + i) % 5) {
            case 0:
                if (sendUp(c)) return true;
                break;
            case 1:
                if (deliverUp(c)) return true;
                break;
            case 2:
                if (sendDown(c)) return true;
                break;
            case 3:
                if (deliverDown(c)) return true;
                break;
            default:
                if (notices(c)) return true;
                break;
        }
    }
    return false;
}

std::optional<store::FailedCommit> World::planClientFailure(Connection& c) {
    if (c.faults == Faults::No || !random.chance(kClientCommitPermille)) return {};
    auto outcome = random.chance(500) ? store::FailedCommit::Lost : store::FailedCommit::Kept;
    c.client->store().failNextCommit(outcome);
    return outcome;
}

bool World::isRevoked(const ClientNode& client) const {
    const domain::Device* device =
        watch.directory().directory().device(client.replica().identity().device);
    return device != nullptr && device->revokedSince;
}

/// Whether the session ended as it must for a device that is revoked, or that finds another copy's
/// work under its name.
bool World::endsRightly(Connection& c, const base::Error& error) {
    ClientNode& client = *c.client;
    bool isFork = error.code == base::Code::Forked && client.mayFork &&
                  client.replica().identity().incarnation != c.incarnation;
    if (error.code == base::Code::ServerPaused) {
        counters.add(Count::SessionsPaused);
    } else if (error.code == base::Code::Refused && isRevoked(client)) {
        client.fate = Fate::Revoked;
        counters.add(Count::RevokedRefused);
        if (client.replica().leaving() == replica::Replica::Leaving::Ready) removeData(client);
    } else if (!isFork) {
        return false;
    }
    story.tell(client.name() + " hears: " + error.message);
    leave(c, End::Lost);
    client.store().reopen();  // a failure that was planned did not happen
    if (isFork) onFork(client);
    return true;
}

std::set<base::Hash> World::keptApart(const ClientNode& client) {
    std::set<base::Hash> out;
    auto txn = must(server.store().read(), "the server's store is read");
    for (const auto& [chain, item] : server.reg().quarantined()) {
        if (chain.device != client.replica().identity().device) continue;
        const base::Bytes bytes =
            must(reg::Quarantine::segmentOf(*txn, chain), "the quarantine is read");
        must(!bytes.empty(), "9: what the server names as kept apart is not durable");
        auto segment = must(ledger::parseSegment(bytes), "a parcel is read");
        auto state = must(server.reg().chain(chain), "the server reads a chain");
        for (base::ByteView entry : segment.entries)
            out.insert(ledger::actOf(must(ledger::advance(state, entry), "a parcel's entry")));
    }
    return out;
}

/// Whether each ledger that this device holds stands at the server as it does here.
bool World::holdsAllOf(ClientNode& client) {
    for (const wire::LedgerState& one : must(client.replica().ledgers(), "ledgers are named")) {
        auto root = must(server.reg().rootAt(one.scope, one.size), "the server looks up a root");
        if (!root || ledger::shortRoot(*root) != one.root) return false;
    }
    return true;
}

/// A revoked device removes its data only once all of it lies with the server.
void World::removeData(ClientNode& client) {
    const domain::Device* own = client.replica().ownDevice();
    must(own != nullptr && own->revokedSince,
         "9: " + client.name() + " removes its data on a server's word alone");
    must(holdsAllOf(client), "18: " + client.name() + " removes ledgers that the server lacks");
    const std::set<base::Hash> kept = keptApart(client);
    for (const base::Hash& act : client.replica().pendingActs()) {
        must(watch.timesOf(act) > 0 || kept.contains(act),
             "18: " + client.name() + " removes what lies nowhere else: entry " + brief(act));
    }
    client.fate = Fate::Destroyed;
    counters.add(Count::RevokedDestroyed);
    counters.add(Count::ParcelEntries, kept.size());
    story.tell(client.name() + " removes its data, " + std::to_string(kept.size()) +
               " entries lie apart at the server");
}

/// What is stranded stands beside what was ordered in its place, and outlives the process.
void World::onFork(ClientNode& client) {
    for (const auto& [ordinal, stranded] : client.replica().stranded()) {
        auto entry = must(stranded.read(), "a stranded entry is read");
        if (entry.header.keyVersion > 0) watch.onBody(stranded.scope, entry);
    }
    if (random.chance(kCrashAtForkPermille)) crashClient(client);
}

void World::failed(Connection& c, const base::Error& error,
                   std::optional<store::FailedCommit> planned) {
    ClientNode& client = *c.client;
    if (endsRightly(c, error)) return;
    if (!planned && client.store().isFull() && error.code == base::Code::Io) {
        counters.add(Count::SessionsOnAFullDisk);
        story.tell(client.name() + " has no room for what arrives, and restarts");
        leave(c, End::Lost);
        client.crash();
        return;
    }
    must(planned && error.code == base::Code::Io,
         "17: the session of " + client.name() + " failed: " + error.message);
    bool isLost = *planned == store::FailedCommit::Lost;
    counters.add(isLost ? Count::ClientCommitsLost : Count::ClientCommitsKept);
    story.tell(client.name() + " meets a failed commit (" + (isLost ? "lost" : "kept") +
               ") and restarts");
    leave(c, End::Lost);
    client.restart();
    watch.onReplica(client);
}

bool World::sendUp(Connection& c) {
    if (!c.isClientOpen || c.isCut || !c.session || !c.line->isClientOpen() ||
        c.line->pieces(Direction::Up) >= kPiecesMax) {
        return false;
    }
    auto planned = planClientFailure(c);
    auto out = c.session->produce();
    if (!out) {
        failed(c, out.error(), planned);
        return true;
    }
    if (planned) c.client->store().reopen();
    if (!*out) return false;
    must(!c.hasClientEnded, c.client->name() + " speaks again after its last message");
    c.hasClientEnded = (*out)->last;
    story.mix((*out)->message);
    c.line->send(Direction::Up, (*out)->message, paddingOf(**out), endOf(**out));
    c.sentUp.push_back(std::move((*out)->message));
    return true;
}

/// Whether something happens to the line instead of a delivery.
bool World::disturb(Connection& c, Direction direction) {
    if (c.faults == Faults::No || c.isCut) return false;
    if (random.chance(kCutPermille)) {
        cut(c, direction);
        return true;
    }
    if (!random.chance(kTamperPermille)) return false;
    const auto how = static_cast<Tampering>(random.below(4));
    if (!c.line->tamper(direction, how)) return false;
    counters.add(static_cast<Count>(static_cast<std::uint64_t>(Count::LinesFlipped) +
                                    static_cast<std::uint64_t>(how)));
    c.isCut = true;
    story.tell("somebody changes what is on the way from or to " + c.client->name());
    return true;
}

bool World::deliverUp(Connection& c) {
    if (c.line->pieces(Direction::Up) == 0) return false;
    if (!c.isServerOpen) {
        c.line->drop(Direction::Up);
        return true;
    }
    if (disturb(c, Direction::Up)) return true;
    base::Status status = c.line->arrive(Direction::Up);
    while (status) {
        auto message = c.line->next(Direction::Up);
        if (!message) status = tl::unexpected(message.error());
        if (!message || !*message) break;
        takeUp(c, **message);
        if (c.server->isKnown()) c.line->acceptLongMessages();
    }
    if (!status) {
        counters.add(Count::TamperingFoundByServer);
        closeServerEnd(c);
    }
    return true;
}

void World::takeUp(Connection& c, const base::Bytes& message) {
    mustBeSecret(message);
    auto decoded = must(wire::decodeClientMessage(message), "a client's message is decoded");
    if (auto* hello = std::get_if<wire::Hello>(&decoded.message)) {
        c.port->onHello(c.client->replica().identity().exchangeKey.publicKey, hello->incarnation);
        if (hello->pushFollows) counters.add(Count::SessionsPushingBehindHello);
        if (!hello->digest.empty()) counters.add(Count::SessionsWithDigest);
    }
    if (auto* push = std::get_if<wire::Push>(&decoded.message)) {
        story.tell(c.client->name() + " pushes " + std::to_string(push->segments.size()) +
                   " segments (" + std::to_string(message.size()) + " bytes)");
        ++c.pushes;
        if (c.pushes == 2) counters.add(Count::SessionsOfManyPushes);
    }
    must(c.server->onMessage(message), "17: the server refuses a message of " + c.client->name());
}

bool World::sendDown(Connection& c) {
    if (!c.isServerOpen || c.isCut || c.line->pieces(Direction::Down) >= kPiecesMax) return false;
    auto out = must(c.server->produce(), "17: the server answers " + c.client->name());
    if (!out) return false;
    lookInto(c, out->message);
    if (isRevoked(*c.client)) mayHearRevoked(c, out->message);
    mustBeSecret(out->message);
    story.mix(out->message);
    c.line->send(Direction::Down, out->message, paddingOf(*out), endOf(*out));
    if (c.server->isFinished()) closeServerEnd(c);
    return true;
}

/// A revoked device hears the directory up to its revocation, where its own chains stand, and that
/// it is revoked.
void World::mayHearRevoked(const Connection& c, const base::Bytes& message) {
    const base::DeviceId device = c.client->replica().identity().device;
    const std::uint64_t revokedSince = *watch.directory().directory().device(device)->revokedSince;
    auto decoded = must(wire::decodeServerMessage(message), "a message is decoded");
    bool isDue = std::holds_alternative<wire::Refused>(decoded.message);
    if (auto* answer = std::get_if<wire::Answer>(&decoded.message)) isDue = answer->ledgers.empty();
    if (auto* batch = std::get_if<wire::Batch>(&decoded.message)) {
        const base::ScopeId directory = watch.directory().directory().directoryScopeId();
        auto head = must(ledger::Head::decode(batch->head), "a head is decoded");
        isDue = batch->scope == directory && batch->first <= revokedSince &&
                head.size <= revokedSince + base::limits::kSegmentEntriesMax;
    }
    must(isDue, "9: the revoked device " + c.client->name() + " is served");
}

/// Who may read, said without the directory's word for it: all read the directory, the province
/// reads everything, a unit reads its own.
void World::checkReader(const Connection& c, const base::ScopeId& scope) {
    const base::ProvinceId& province = c.client->replica().identity().province;
    bool isOwn = scope == domain::scopeIdOf(province, c.client->unit());
    bool isOfProvince = c.client->unit() == office().unit();
    must(isOwn || isOfProvince || scope == domain::directoryScope(province),
         "8: " + c.client->name() + " is served a ledger that it may not read: " + brief(scope));
}

void World::lookInto(Connection& c, const base::Bytes& message) {
    auto decoded = must(wire::decodeServerMessage(message), "a server's message is decoded");
    if (auto* answer = std::get_if<wire::Answer>(&decoded.message)) {
        for (const wire::LedgerAnswer& one : answer->ledgers) checkReader(c, one.state.scope);
    }
    if (auto* batch = std::get_if<wire::Batch>(&decoded.message)) {
        checkReader(c, batch->scope);
        watch.onHead(batch->head);
        std::size_t own = 0;
        for (const wire::RecordItem& item : batch->records) {
            own += std::holds_alternative<wire::OwnRecord>(item) ? 1 : 0;
        }
        counters.add(Count::OwnRecordsAsReferences, own);
        counters.add(Count::RecordsAsBytes, batch->records.size() - own);
        story.tell("the server sends " + c.client->name() + " " +
                   std::to_string(batch->records.size()) + " records of " + brief(batch->scope) +
                   " from position " + std::to_string(batch->first));
    }
    if (std::holds_alternative<wire::Same>(decoded.message)) counters.add(Count::SessionsSame);
    if (std::holds_alternative<wire::Quarantined>(decoded.message)) {
        must(c.client == &office(), "8: " + c.client->name() + " is sent work without right");
        story.tell("the server sends the office an entry without right");
    }
    if (auto* refused = std::get_if<wire::Refused>(&decoded.message)) {
        must(isRevoked(*c.client) || c.client->mayFork || isPause(*refused),
             "17: the server refused " + c.client->name() + ": " + refused->text);
    }
}

bool World::deliverDown(Connection& c) {
    if (c.line->pieces(Direction::Down) == 0) return false;
    if (!c.isClientOpen) {
        c.line->drop(Direction::Down);
        return true;
    }
    if (disturb(c, Direction::Down)) return true;
    base::Status status = c.line->arrive(Direction::Down);
    while (status && c.isClientOpen) {
        auto message = c.line->next(Direction::Down);
        if (!message) status = tl::unexpected(message.error());
        if (!message || !*message) break;
        receive(c, **message);
    }
    if (!status) {
        counters.add(Count::TamperingFoundByClient);
        leave(c, End::Lost);
    }
    return true;
}

void World::receive(Connection& c, const base::Bytes& message) {
    if (!c.session) {
        auto taken = session::introduction::onAnswer(message);
        bool isPaused = !taken && taken.error().code == base::Code::ServerPaused;
        must(taken || isPaused, "17: " + c.client->name() + " is refused its introduction");
        c.client->isIntroduced = !isPaused;
        leave(c, isPaused ? End::Lost : End::Well);
        return;
    }
    c.receivedDown.push_back(message);
    auto planned = planClientFailure(c);
    auto status = c.session->onMessage(message);
    if (!status) {
        failed(c, status.error(), planned);
        return;
    }
    if (planned) c.client->store().reopen();
    if (c.session->isFinished()) leave(c, End::Well);
}

/// A client's or server's end sees that the line is dead, once nothing more arrives there.
bool World::notices(Connection& c) {
    const bool isUpEmpty = c.line->pieces(Direction::Up) == 0;
    const bool isDownEmpty = c.line->pieces(Direction::Down) == 0;
    bool serverIsAlone = c.isServerOpen && isUpEmpty && (c.isCut || !c.isClientOpen);
    if (serverIsAlone && random.chance(kNoticePermille)) {
        closeServerEnd(c);
        return true;
    }
    bool clientIsAlone = c.isClientOpen && isDownEmpty && (c.isCut || !c.isServerOpen);
    if (clientIsAlone && random.chance(kNoticePermille)) {
        leave(c, End::Lost);
        return true;
    }
    return serverIsAlone || clientIsAlone;
}

void World::cut(Connection& c, Direction direction) {
    counters.add(direction == Direction::Up ? Count::CutsUp : Count::CutsDown);
    c.line->cut(direction);
    bool othersArrive = random.chance(500);
    if (!othersArrive) c.line->drop(direction == Direction::Up ? Direction::Down : Direction::Up);
    c.isCut = true;
    story.tell("the line of " + c.client->name() + " is cut on the way " +
               (direction == Direction::Up ? "up" : "down"));
}

void World::closeServerEnd(Connection& c) {
    c.isServerOpen = false;
}

void World::leave(Connection& c, End end) {
    const bool isWell = end == End::Well;
    ClientNode& client = *c.client;
    c.isClientOpen = false;
    client.isConnected = false;
    if (isWell && c.session) {
        must(c.line->hasServerEnded(),
             "12: " + client.name() + " takes a session for whole whose end was not proven");
        counters.add(Count::SessionsFinished);
        if (client.wasCut) counters.add(Count::SessionsResumed);
        record(c);
    }
    if (c.session) client.wasCut = !isWell && client.fate == Fate::Works;
    story.tell(client.name() + (isWell ? " has finished" : " has lost") + " its conversation (" +
               std::to_string(c.number) + "), pending " +
               std::to_string(client.replica().pendingEntries()));
    lastBytesUp = c.line->bytes(Direction::Up);
    lastMessages = c.sentUp.size() + c.receivedDown.size();
    c.session.reset();
    const auto forks = client.newForkCounts();
    counters.add(Count::ForksFound, forks.opened);
    counters.add(Count::StrandedReceived, forks.received);
    counters.add(Count::StrandedRestated, forks.restated);
    if (isWell) watch.onReplica(client);
}

void World::record(Connection& c) {
    ClientNode& client = *c.client;
    bool isShort = c.receivedDown.size() <= 2 || c.sentUp.size() <= 2;
    bool isAlone = client.authored() == c.authoredBefore && !client.store().isFull();
    if (!c.before || isShort || !isAlone) return;
    auto after = must(client.replica().status(), client.name() + " says how it is");
    recorded = Recorded{client.replica().identity().exchangeKey.publicKey,
                        &client,
                        std::move(c.before),
                        std::move(after),
                        c.sentUp,
                        c.receivedDown};
}

void World::commit(Faults faults) {
    if (server.intake().isIdle()) return;
    std::optional<store::FailedCommit> planned;
    if (faults == Faults::Yes && random.chance(kServerCommitPermille)) {
        planned = random.chance(500) ? store::FailedCommit::Lost : store::FailedCommit::Kept;
        server.store().failNextCommit(*planned);
    }
    std::set<std::uint64_t> sessions;
    std::vector<std::pair<ClientNode*, wire::Refused>> refusals;
    const std::uint64_t before = server.reg().entries();
    const bool mayDate = server.clockModel().allows(server.clock().nowMs(), server.clock().skew());
    must(server.intake().run([&](std::uint64_t number, std::optional<wire::Refused> refused) {
        sessions.insert(number);
        for (auto& c : connections) {
            if (c->number != number) continue;
            if (refused) refusals.emplace_back(c->client, *refused);
            if (c->isServerOpen) c->server->settled(std::move(refused));
            return;
        }
        verdicts[number] = std::move(refused);
    }),
         "17: the server cannot commit");
    const bool hasGrown = server.reg().entries() > before;
    must(mayDate || !hasGrown, "clock: the server commits while its clock is in doubt");
    if (hasGrown) server.clockModel().committed(server.clock().nowMs(), server.clock().skew());
    if (sessions.size() > 1) counters.add(Count::CommitsOfManySessions);
    watch.onCommit(server.store());  // which may revoke one of them
    bool isPaused = false;
    for (const auto& [client, refused] : refusals) {
        isPaused = isPaused || isPause(refused);
        must(isRevoked(*client) || client->mayFork || isPause(refused),
             "17: the server refused what " + client->name() + " sent: " + refused.text);
    }
    if (isPaused && !mayDate) counters.add(Count::CommitsInDoubt);
    if (isPaused && server.store().isFull()) counters.add(Count::ServerCommitsOnAFullDisk);
    if (planned) afterPlanned(*planned);
    story.tell("the server commits for " + std::to_string(sessions.size()) + " sessions, " +
               std::to_string(server.reg().entries()) + " entries in all" +
               (isPaused ? "; it takes no new work" : ""));
}

/// A commit that was to fail: it did, and the server goes on by itself, or there was none.
void World::afterPlanned(store::FailedCommit planned) {
    must(server.store().reopen(), "a failure that did not happen is given up");
    if (server.intake().closedBecause().find("disk") == std::string::npos) return;
    if (server.store().isFull()) return;
    const bool isLost = planned == store::FailedCommit::Lost;
    counters.add(isLost ? Count::ServerCommitsLost : Count::ServerCommitsKept);
    story.tell(std::string("a commit of the server fails (") + (isLost ? "lost" : "kept") + ")");
    if (random.chance(500)) crashServer();
}

void World::crashServer() {
    counters.add(Count::ServerCrashes);
    for (auto& c : connections) {
        c->isServerOpen = false;
        c->server.reset();
        c->port.reset();
        if (random.chance(500)) c->line->drop(Direction::Down);
    }
    server.crash();
    server.open();
    watch.onCommit(server.store());
    story.tell("the server crashes and starts again, " + std::to_string(server.reg().entries()) +
               " entries");
}

void World::crashClient(ClientNode& client) {
    counters.add(Count::ClientCrashes);
    story.tell(client.name() + " crashes and starts again");
    for (auto& c : connections) {
        if (c->client != &client || !c->isClientOpen) continue;
        counters.add(Count::ClientCrashesInSession);
        leave(*c, End::Lost);
        if (random.chance(500)) c->line->drop(Direction::Up);
    }
    client.crash();
    watch.onReplica(client);
}

void World::sweep() {
    std::erase_if(connections, [](const auto& c) { return !c->isClientOpen && !c->isServerOpen; });
}

Connection& World::speak(ClientNode& client, Faults faults) {
    auto segment = client.replica().introductionSegment();
    if (!segment || client.isIntroduced || client.name() == office().name())
        return connect(client, faults);
    return connect(client, faults, session::introduction::introduce(*segment));
}

void World::converse(ClientNode& client) {
    speak(client, Faults::No);
    finishConnections(client);
}

void World::converse(ClientNode& client, base::Bytes introduction) {
    connect(client, Faults::No, std::move(introduction));
    finishConnections(client);
}

void World::finishConnections(const ClientNode& client) {
    constexpr int kStepsMax = 100'000;
    for (int i = 0; i < kStepsMax && !connections.empty(); ++i) {
        bool moved = false;
        for (auto& c : connections) moved = step(*c) || moved;
        bool waits = !server.intake().isIdle();
        must(moved || waits || connections.empty(),
             "17: the session of " + client.name() + " waits for ever");
        if (waits && (!moved || random.chance(300))) commit(Faults::No);
        sweep();
    }
    must(connections.empty(), "17: the session of " + client.name() + " does not end");
}

void World::hangUp() {
    for (auto& c : connections) {
        if (c->isServerOpen) closeServerEnd(*c);
        if (c->isClientOpen) leave(*c, End::Lost);
    }
    sweep();
}

}  // namespace sim
