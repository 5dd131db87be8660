// What a program that checks nothing would write: one entry that reports three assignments as
// completed, the first without an officer's signature, the second with a forged one, the third with
// one that the officer gave for the second. It waits in the home as if thongsuot had written it,
// and the next sync sends it.
//
//   forge_completions HOME KEY-FILE ASSIGNMENT ASSIGNMENT ASSIGNMENT
//
// For a home that has written nothing yet.

#include <iostream>
#include "cli/home.h"
#include "ledger/body.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace {

using base::Bytes;
using base::Result;
using base::Status;

Result<base::ObjectId> idOf(const std::string& hex) {
    TRY(Bytes bytes, base::fromHex(hex));
    if (bytes.size() != base::ObjectId::kSize)
        return base::fail(base::Code::Usage, "An assignment has 32 hexadecimal digits.");
    return base::ObjectId::from(bytes);
}

domain::Written completionOf(const base::ObjectId& assignment) {
    return {domain::ObjectKind::Assignment,
            assignment,
            {{domain::Field::Result, std::string("Khai khống"), {}},
             {domain::Field::CompletedOn, std::int64_t{20'400}, {}},
             {domain::Field::Status, static_cast<std::int64_t>(domain::Status::Completed), {}}}};
}

Result<std::vector<domain::Change>> changesOf(const replica::Replica& replica,
                                              const std::vector<base::ObjectId>& assignments) {
    const base::ScopeId& scope = replica.ownUnit()->scope;
    const auto& officer = replica.identity().officerKeys.front().publicKey;
    std::vector<domain::Change> out{completionOf(assignments[0])};
    for (std::size_t i : {1, 2}) {
        TRY(domain::Change stated, replica.state(scope, completionOf(assignments[1]), officer));
        auto& change = std::get<domain::Stated>(stated);
        if (i == 1) change.signature.data[20] ^= 1;
        change.written.id = assignments[i];
        out.push_back(std::move(stated));
    }
    return out;
}

/// As in the replica's table of pending entries.
Result<Bytes> entryOf(const replica::Replica& replica, base::TimeMs now,
                      const std::vector<domain::Change>& changes) {
    const replica::Identity& id = replica.identity();
    const base::ScopeId& scope = replica.ownUnit()->scope;
    const ledger::ChainId chain{scope, id.device, id.incarnation};
    ledger::ChainState state = ledger::ChainState::start(id.province, chain);
    ledger::Header header;
    header.keyVersion = 1;
    header.claimed = now;
    Bytes entry = ledger::encodeHeader(header, state);
    const Bytes headerBytes = entry;
    const crypto::SecretKey* key = replica.keys().find(scope, 1);
    if (key == nullptr) return base::fail(base::Code::WaitingForKey, "This home holds no key.");
    ledger::sealBody(*key, state.tip, headerBytes,
                     wire::compress(wire::encodeBody(changes), wire::kBodyLevel, 0), entry);
    TRY(ledger::Entry read, ledger::advance(state, entry));
    const auto seal = crypto::sign(id.deviceKey, crypto::Context::Seal,
                                   ledger::sealedBytes(id.province, chain, 0, read.hash));
    Bytes out;
    base::Writer(out).raw(scope.view()).raw(seal.view()).raw(entry);
    return out;
}

Status run(const std::vector<std::string>& arguments) {
    if (arguments.size() != 5) return base::fail(base::Code::Usage, "See the source.");
    CHECK_OK(crypto::initialise());
    std::vector<base::ObjectId> assignments(3);
    for (std::size_t i = 0; i < 3; ++i) {
        TRY(assignments[i], idOf(arguments[i + 2]));
    }
    cli::Opener opener;
    opener.keyFile = arguments[1];
    TRY(auto home, cli::Home::open(arguments[0], opener));
    TRY(replica::Replica * replica, home->replica());
    TRY(auto changes, changesOf(*replica, assignments));
    TRY(Bytes entry, entryOf(*replica, home->clock().nowMs(), changes));
    constexpr std::uint64_t kBehindAll = 1000;
    TRY(auto txn, home->store().write());
    CHECK_OK(txn->put(replica::kPending, store::orderedKey(kBehindAll), entry));
    return txn->commit();
}

}  // namespace

int main(int argc, char** argv) {
    auto done = run(std::vector<std::string>(argv + 1, argv + argc));
    if (!done) std::cerr << done.error().message << "\n";
    return done ? 0 : 1;
}
