#pragma once
// The real server, as a process of its own with its defaults, in a folder of its own.

#include <sys/types.h>
#include <cstdint>
#include <filesystem>
#include <string>

namespace bench {

/// Throws std::runtime_error, with what the server said, if it cannot be started.
class ServerProcess {
public:
    ServerProcess(const std::filesystem::path& binary, const std::filesystem::path& folder);
    ~ServerProcess();  // SIGTERM, then waits
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    const std::string& bootstrapToken() const { return m_token; }
    std::uint16_t port() const { return m_port; }

    pid_t process() const { return m_pid; }
    double cpuSeconds() const;  // of all its threads so far
    /// Blocks that the store's data file takes.
    std::uint64_t diskBytes() const;

private:
    std::filesystem::path m_folder;
    std::string m_token;
    std::uint16_t m_port = 0;
    pid_t m_pid = -1;
};

std::uint64_t diskBytesOf(const std::filesystem::path& file);

}  // namespace bench
