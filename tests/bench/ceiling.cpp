#include "ceiling.h"
#include <chrono>
#include <thread>
#include "plain_parts.h"

namespace bench {

using namespace plain;

namespace {

constexpr std::size_t kDeviceMapBytes = std::size_t{64} << 20;

double secondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Stores the lines as one chain, signed now and then, in one commit.
void storeChain(Database& database, const Keys& keys, std::span<const std::string> lines) {
    Link link{};
    database.begin(0);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        bool isSigned = (i + 1) % kSignEvery == 0 || i + 1 == lines.size();
        database.append(i, entryOf(keys, link, lines[i], isSigned));
    }
    database.commit();
}

/// All of a log, then the end; bytes sent.
std::uint64_t sendLog(Socket& socket, const Keys& keys, Database& database) {
    Sender sender(socket, keys);
    database.begin(MDB_RDONLY);
    database.eachOfLog([&](const MDB_val& entry) { sender.add(entry); });
    database.abort();
    sender.finish();
    return sender.sent();
}

/// A thread whose failure is thrown where it is joined.
class Worker {
public:
    explicit Worker(std::function<void()> work)
        : m_thread([this, work = std::move(work)] {
              try {
                  work();
              } catch (...) {
                  m_failed = std::current_exception();
              }
          }) {}
    ~Worker() {
        if (m_thread.joinable()) m_thread.join();
    }
    void join() {
        m_thread.join();
        if (m_failed) std::rethrow_exception(m_failed);
    }

private:
    std::exception_ptr m_failed;
    std::thread m_thread;
};

}  // namespace

Ceiling authoringCeiling(std::span<const std::string> lines, const std::filesystem::path& folder) {
    Keys keys;
    Database database(folder);
    Link link{};
    Ceiling out{lines.size(), 0, 0};
    auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < lines.size(); ++i) {
        Bytes entry = entryOf(keys, link, lines[i], true);
        database.begin(0);
        database.append(i, entry);
        database.putState(lines[i]);
        database.commit();
    }
    out.seconds = secondsSince(start);
    return out;
}

Ceiling uploadCeiling(std::span<const std::string> lines, const std::filesystem::path& folder) {
    Keys keys;
    Database client(folder / "client");
    Database server(folder / "server");
    storeChain(client, keys, lines);
    Door door;
    Worker worker([&] {
        Socket socket(door.accepted());
        server.begin(0);
        std::uint64_t taken = Receiver(socket, keys, server).run();
        server.commit();
        socket.send(&taken, sizeof taken);
    });
    Ceiling out{lines.size(), 0, 0};
    auto start = std::chrono::steady_clock::now();
    std::uint64_t acknowledged = 0;
    {
        Socket socket(door.connected());
        out.bytesUp = sendLog(socket, keys, client);
        socket.receive(&acknowledged, sizeof acknowledged);
        client.begin(0);
        client.putState("acknowledged: " + std::to_string(acknowledged));
        client.commit();
    }
    out.seconds = secondsSince(start);
    worker.join();
    need(acknowledged == lines.size(), "acknowledging all");
    return out;
}

Ceiling morningCeiling(std::span<const std::string> lines, const MorningShape& shape,
                       const std::filesystem::path& folder) {
    Keys keys;
    Database server(folder / "server");
    Database others(folder / "others");
    storeChain(others, keys, lines.first(shape.downEach));
    std::size_t devices = shape.units * shape.devicesEach;
    std::vector<std::unique_ptr<Database>> clients;
    for (std::size_t i = 0; i < devices; ++i) {
        clients.push_back(std::make_unique<Database>(folder / std::to_string(i), kDeviceMapBytes));
        storeChain(*clients.back(), keys, lines.subspan(i * shape.savesEach, shape.savesEach));
    }
    Door door;
    std::atomic<std::uint64_t> bytesUp = 0;
    Ceiling out{devices * shape.savesEach, 0, 0};
    auto start = std::chrono::steady_clock::now();
    Worker worker([&] {
        std::uint64_t taken = 0;
        for (std::size_t unit = 0; unit < shape.units; ++unit) {
            std::vector<std::unique_ptr<Socket>> sockets;
            server.begin(0);
            for (std::size_t i = 0; i < shape.devicesEach; ++i) {
                sockets.push_back(std::make_unique<Socket>(door.accepted()));
                taken = Receiver(*sockets.back(), keys, server, taken).run();
            }
            server.commit();
            for (auto& socket : sockets) sendLog(*socket, keys, others);
        }
    });
    std::vector<std::unique_ptr<Worker>> unit;
    for (std::size_t i = 0; i < shape.devicesEach; ++i) {
        unit.push_back(std::make_unique<Worker>([&, i] {
            for (std::size_t device = i; device < devices; device += shape.devicesEach) {
                Socket socket(door.connected());
                bytesUp += sendLog(socket, keys, *clients[device]);
                clients[device]->begin(0);
                Receiver(socket, keys, *clients[device], shape.savesEach).run();
                clients[device]->commit();
            }
        }));
    }
    for (auto& one : unit) one->join();
    out.seconds = secondsSince(start);
    worker.join();
    out.bytesUp = bytesUp;
    return out;
}

}  // namespace bench
