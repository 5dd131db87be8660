// What a power cut, a failing disk or failing memory leaves behind, seen through the replica and
// the register. THONGSUOT_CRASH_IMAGES and THONGSUOT_FAILING_CALLS say how much (release check).

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>

#include "disk.h"
#include "memory.h"
#include "ops/server_key.h"
#include "scenario.h"
#include "store/vault.h"

namespace crash {
namespace {

constexpr std::size_t kImages = 5'000;  // of the device, and of the server
constexpr std::size_t kFailingCalls = 150;
constexpr std::size_t kGoesOnEvery = 5;  // images that are also written to

std::size_t numberFrom(const char* variable, std::size_t usual) {
    const char* text = std::getenv(variable);
    return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

/// A store's folder whose data file is an image.
class ImageFolder {
public:
    void put(const Image& image) {
        const store::Path folder = image.isPlaced ? path() : path() / "new";
        std::filesystem::remove_all(path() / "new");
        std::filesystem::create_directories(folder);
        for (const char* name : {"lock.mdb", "data.mdb"}) std::filesystem::remove(path() / name);
        if (!image.isPlaced) std::filesystem::remove(path() / "ballast");
        std::ofstream file(folder / "data.mdb", std::ios::binary | std::ios::trunc);
        file.write(reinterpret_cast<const char*>(image.bytes.data()),
                   static_cast<std::streamsize>(image.bytes.size()));
        REQUIRE(file.flush());
    }
    store::Path path() const { return m_folder.path() / "image"; }

private:
    TemporaryFolder m_folder;
};

constexpr const char* kNothing = "nothing was begun";

/// What stands in an image, or why it cannot be told.
using Look = std::function<Result<std::string>(const store::Path& folder)>;
/// Writes into an image, ends, and finds it again.
using GoOn = std::function<Status(const store::Path& folder)>;

struct Watched {
    Recording recording;
    Look look;
    GoOn goOn;
};

/// Every image stands where some commit left it: the last that had returned, or the one that was
/// under way. The state after each commit.
std::vector<std::string> checkImages(const Watched& w) {
    ImageFolder folder;
    std::vector<std::string> states;
    for (const Image& image : committedImages(w.recording)) {
        folder.put(image);
        auto state = w.look(folder.path());
        INFO("commit " << states.size() << " of the scenario");
        if (!state) FAIL(state.error().message);
        states.push_back(std::move(*state));
    }
    const std::size_t wanted = numberFrom("THONGSUOT_CRASH_IMAGES", kImages);
    const std::size_t mixtures = 3 * wanted / (2 * w.recording.operations.size());
    test::SeededRandom random(3);
    std::size_t images = 0, older = 0, newer = 0;
    forEachImage(w.recording, mixtures, random, [&](const Image& image, std::size_t commits) {
        INFO("image " << images << " of " << image.bytes.size() << " bytes, after commit "
                      << commits);
        folder.put(image);
        auto state = w.look(folder.path());
        if (!state) FAIL(state.error().message);
        const bool isOlder = *state == states.at(commits);
        const bool isNewer = commits + 1 < states.size() && *state == states.at(commits + 1);
        if (!isOlder && !isNewer) FAIL("the image is of no commit");
        older += isOlder;
        newer += isNewer && !isOlder;
        if (++images % kGoesOnEvery == 0) {
            auto on = w.goOn(folder.path());
            if (!on) FAIL(on.error().message);
        }
    });
    CHECK(images >= wanted);
    CHECK(newer > 0);  // else the images would be too tame
    std::cout << images << " images of " << w.recording.operations.size() << " operations and "
              << states.size() - 1 << " commits: " << older << " at the last commit, " << newer
              << " at the one under way\n";
    return states;
}

/// In a process of its own: reading pages that are not there may end it.
bool isDamaged(const Watched& w, const store::Path& folder, std::span<const std::string> right) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit noCore{0, 0};
        setrlimit(RLIMIT_CORE, &noCore);
        auto state = w.look(folder);
        _exit(state && std::find(right.begin(), right.end(), *state) != right.end() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return status != 0;
}

/// Images of a disk that does other than LMDB told it: how many of them are of no right commit.
std::size_t damagedImages(const Watched& w, const std::vector<std::string>& states,
                          const std::function<void(std::vector<Operation>&)>& change) {
    constexpr std::size_t kLookedAt = 200;
    Recording other = w.recording;
    change(other.operations);
    const std::size_t every = 1 + 2 * other.operations.size() / kLookedAt;
    ImageFolder folder;
    test::SeededRandom random(4);
    std::size_t images = 0, damaged = 0;
    forEachImage(other, 0, random, [&](const Image& image, std::size_t commits) {
        if (++images % every != 0) return;
        folder.put(image);
        const std::size_t count = std::min<std::size_t>(2, states.size() - commits);
        damaged += isDamaged(w, folder.path(), std::span(states).subspan(commits, count));
    });
    std::cout << damaged << " of " << images / every << " images are damaged, as they should be\n";
    return damaged;
}

/// The check sees what a disk does that loses syncs, or durable writes.
void checkTheCheck(const Watched& w, const std::vector<std::string>& states) {
    using Kind = Operation::Kind;
    CHECK(damagedImages(w, states, [](auto& operations) {
              std::erase_if(operations, [](const auto& o) { return o.kind == Kind::Sync; });
          }) > 0);
    CHECK(damagedImages(w, states, [](auto& operations) {
              for (Operation& o : operations) {
                  if (o.kind == Kind::DurableWrite) o.kind = Kind::Write;
              }
          }) > 0);
}

Status putAndFind(store::Store& store, const std::function<Result<DiskStore>()>& reopen,
                  DiskStore& held, const store::Table& table) {
    const Bytes key(8, 0xFF), value(3'000, 7);
    {
        TRY(auto txn, store.write());
        CHECK_OK(txn->put(table, key, value));
        CHECK_OK(txn->commit());
    }  // no transaction outlives its store
    held.reset();
    TRY(held, reopen());
    CHECK_OK(held->check());
    TRY(auto read, held->read());
    Bytes out;
    TRY(bool found, read->get(table, key, out));
    return found && out == value ? Status() : base::fail(base::Code::Corrupt, "a put is lost");
}

/// A step of the day; why it stopped, if it did. Running out of memory ends a program of ours: its
/// destructors run, its transactions are void.
std::string stopOf(Scenario& scenario, std::size_t step) {
    try {
        auto done = scenario.step(step);
        return done ? "" : done.error().message;
    } catch (const std::bad_alloc&) {
        return "out of memory";
    }
}

/// The whole day; how often it stopped, after which all processes start again.
std::size_t runDay(Scenario& scenario) {
    std::size_t stops = 0;
    for (std::size_t i = 0; i < Scenario::steps(); ++i) {
        for (std::string why = stopOf(scenario, i); !why.empty(); why = stopOf(scenario, i)) {
            INFO("step " << i << ": " << why);
            REQUIRE(++stops == 1);
            auto open = scenario.reopen();
            if (!open) FAIL(open.error().message);
        }
    }
    return stops;
}

/// `plan` makes the n-th call of a kind fail, and tells afterwards how many were still to come. How
/// many days of a hundred were stopped by it.
std::size_t checkFailures(
    const char* what,
    const std::function<std::function<std::uint64_t()>(std::uint64_t n, std::size_t run)>& plan) {
    constexpr std::uint64_t kNever = 1'000'000'000;
    std::uint64_t calls = 0;
    {
        TemporaryFolder folder;
        Scenario scenario(folder.path());
        auto left = plan(kNever, 0);
        REQUIRE(runDay(scenario) == 0);
        calls = kNever - left();
    }
    const std::size_t runs = numberFrom("THONGSUOT_FAILING_CALLS", kFailingCalls);
    std::size_t stops = 0;
    for (std::size_t run = 0; run < runs; ++run) {
        const std::uint64_t n = 1 + run * calls / runs;
        INFO("number " << n << " of " << calls << " " << what << ", run " << run);
        TemporaryFolder folder;
        Scenario scenario(folder.path());
        auto left = plan(n, run);
        stops += runDay(scenario);
        CHECK(left() == 0);
        scenario.settleAndCheck();
    }
    std::cout << runs << " of " << calls << " " << what << " failed, each in a day of its own\n";
    return stops * 100 / runs;
}

}  // namespace

TEST_CASE("power cut: a device is as after its last commit, or the one that was under way") {
    TemporaryFolder folder;
    test::SeededRandom random(11);
    record(folder.path() / "device" / "data.mdb");
    Scenario scenario(folder.path());
    for (std::size_t i = 0; i < Scenario::steps(); ++i) REQUIRE(scenario.step(i));
    const std::string last = scenario.deviceState();
    Watched w{recorded(), {}, {}};
    const base::Clock& clock = scenario.province().clock;
    w.look = [&](const store::Path& path) -> Result<std::string> {
        TRY(DiskStore store, openDevice(path, random));
        CHECK_OK(store->check());
        auto replica = replica::Replica::open(*store, clock, random);
        if (!replica && replica.error().code == base::Code::NotFound) return kNothing;
        if (!replica) return tl::unexpected(replica.error());
        return stateOf(**replica);
    };
    w.goOn = [&](const store::Path& path) -> Status {
        TRY(DiskStore store, openDevice(path, random));
        auto opened = replica::Replica::open(*store, clock, random);
        if (!opened && opened.error().code == base::Code::NotFound) return {};
        TRY(auto replica, std::move(opened));
        if (!replica->ownUnit()) return {};  // enrolment has only begun
        auto hash = replica->append({replica->ownUnit()->scope, {test::note("Sau khi mất điện")}});
        if (!hash && hash.error().code == base::Code::WaitingForKey) return {};
        if (!hash) return tl::unexpected(hash.error());
        replica.reset();
        store.reset();
        TRY(store, openDevice(path, random));
        CHECK_OK(store->check());
        TRY(replica, replica::Replica::open(*store, clock, random));
        auto pending = replica->pendingActs();
        return std::find(pending.begin(), pending.end(), *hash) != pending.end()
                   ? Status()
                   : base::fail(base::Code::Corrupt, "a new entry is lost");
    };
    checkTheCheck(w, checkImages(w));
    ImageFolder whole;
    whole.put(committedImages(w.recording).back());
    CHECK(*w.look(whole.path()) == last);
}

TEST_CASE("power cut: the server is as after its last commit, or the one that was under way") {
    TemporaryFolder folder;
    test::SeededRandom random(12);
    record(folder.path() / "server" / "data.mdb");
    Scenario scenario(folder.path());
    for (std::size_t i = 0; i < Scenario::steps(); ++i) REQUIRE(scenario.step(i));
    const std::string last = scenario.serverState();
    Watched w{recorded(), {}, {}};
    const auto scopes = scenario.scopes();
    auto& province = scenario.province();
    w.look = [&](const store::Path& path) -> Result<std::string> {
        TRY(DiskStore store, openServer(path, random));
        CHECK_OK(store->check());
        TRY(auto reg, reg::Register::open(*store, province.clock, province.headKey));
        return stateOf(*reg, scopes);
    };
    w.goOn = [&](const store::Path& path) -> Status {
        TRY(DiskStore store, openServer(path, random));
        return putAndFind(
            *store, [&] { return openServer(path, random); }, store, reg::tables().front());
    };
    checkTheCheck(w, checkImages(w));
    ImageFolder whole;
    whole.put(committedImages(w.recording).back());
    CHECK(*w.look(whole.path()) == last);
}

TEST_CASE("power cut: a file that gets its name is synced before, and its folder after") {
    TemporaryFolder folder;
    test::SeededRandom random(13);
    recordFileCalls();
    auto made = store::Vault::create(folder.path() / "vault", "một mật khẩu", random,
                                     store::kStretchCostMin);
    REQUIRE(made);
    REQUIRE(made->vault.addKeyFileSlot(made->masterKey, folder.path() / "key", random));
    REQUIRE(made->vault.newRecoveryCode(made->masterKey, random));
    REQUIRE(ops::ServerKey::generate(random).save(folder.path() / "server.key"));
    REQUIRE(openServer(folder.path() / "store", random));
    const std::vector<FileCall> calls = recordedFileCalls();

    using Kind = FileCall::Kind;
    std::set<std::string> named;
    for (auto it = calls.begin(); it != calls.end(); ++it) {
        if (it->kind != Kind::Rename) continue;
        INFO(it->newPath);
        named.insert(store::Path(it->newPath).filename().string());
        auto before = std::find_if(std::make_reverse_iterator(it), calls.rend(),
                                   [&](const FileCall& call) { return call.path == it->path; });
        REQUIRE(before != calls.rend());
        CHECK(before->kind == Kind::Sync);
        const auto next = std::next(it);
        REQUIRE(next != calls.end());
        CHECK(next->kind == Kind::Sync);
        CHECK(next->path == store::Path(it->newPath).parent_path());
    }
    CHECK(named == std::set<std::string>{"data.mdb", "key", "server.key", "vault"});
}

TEST_CASE("failing disk: whichever write or sync fails, nothing acknowledged is lost") {
    CHECK(checkFailures("writes and syncs", [](std::uint64_t n, std::size_t run) {
              failAt(n, static_cast<Fault>(run % 3));
              return callsLeft;
          }) == 100);
}

TEST_CASE("failing memory: whichever allocation fails, nothing acknowledged is lost") {
    // The library's stable_sort does without the memory that it asks for.
    CHECK(checkFailures("allocations", [](std::uint64_t n, std::size_t) {
              failAllocationAt(n);
              return allocationsLeft;
          }) >= 90);
}

}  // namespace crash
