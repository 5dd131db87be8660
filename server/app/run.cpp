#include "app/run.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "app/log.h"
#include "app/signals.h"
#include "app/verbs.h"
#include "base/limits.h"
#include "base/system_clock.h"
#include "net/server.h"
#include "ops/key_ring.h"

namespace app {
namespace {

using base::Code;
using base::fail;

// `health` holds the lock for a moment, to see whether anybody else does.
constexpr std::chrono::milliseconds kLockPatience{300};

/// As many descriptors as connections; where that is not allowed fewer connections are accepted.
void raiseDescriptorLimit() {
    constexpr rlim_t kWanted = base::limits::kConnectionsMax + 64;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kWanted) return;
    limit.rlim_cur = std::min(kWanted, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
}

intake::Identity identityOf(const ops::ServerKey& key) {
    intake::Identity identity;
    identity.noiseKey = key.noise.publicKey;
    identity.headKey = key.head.publicKey;
    identity.bootstrap = key.token("");
    return identity;
}

}  // namespace

base::Status run(const RunOptions& options) {
    auto endpoint = transport::parseEndpoint(options.listen);
    if (!endpoint) return fail(Code::Usage, "--listen: " + endpoint.error().message);
    blockSignals();
    TRY(ops::ServerKey key, options.folder.loadKey());
    TRY(auto lock, options.folder.lock(kLockPatience));
    TRY(net::Log log, openLog(options.log.value_or(options.folder.logFile())));
    raiseDescriptorLimit();

    crypto::SystemRandom random;
    base::SystemClock clock;
    TRY(auto store, options.folder.openStore(key, store::Access::ReadWrite, random));
    TRY(auto reg, reg::Register::open(*store, clock, key.head));
    ops::KeyRing keys(options.folder, key);
    const domain::Directory& directory = reg->directory().directory();
    if (directory.hasGenesis()) {
        const base::Status used = keys.use(directory.charter());
        if (!keys.present().isOf(directory.charter())) return used;
        if (!used) log(net::LogLevel::Error, used.error().message);
    }
    reg->addHeadKey(keys.present().head);
    std::unique_ptr<net::Server> server;
    intake::Identity identity = identityOf(key);
    identity.headKeyOf = [&](const domain::Charter& charter) { return keys.headKeyOf(charter); };
    identity.onCharter = [&](const domain::Charter& charter) {
        const base::Status used = keys.use(charter);
        server->setKey(keys.present().noise);
        if (!used) log(net::LogLevel::Error, used.error().message);
        log(net::LogLevel::Info, "Takes the keys of charter " + std::to_string(charter.version) +
                                     " into use; keep a copy of server.key in a safe place.");
    };
    intake::Intake intake(*reg, clock, std::move(identity));
    transport::ServerChannelParams channel;
    channel.own = keys.present().noise;
    TRY(server, net::Server::create(*endpoint, {intake, channel, random, log}));

    std::string address = server->boundEndpoint().text();
    log(net::LogLevel::Info, "Serves '" + options.folder.path().string() + "' at " + address +
                                 " with " + std::to_string(reg->entries()) + " entries.");
    std::cout << "ready " << address << std::endl;
    base::Status status;
    {
        SignalWatch watch([&] { server->stop(); });
        status = server->run();
    }
    if (status) log(net::LogLevel::Info, "Ended as it was asked to.");
    if (!status) log(net::LogLevel::Error, "Ended: " + status.error().message);
    return status;
}

}  // namespace app
