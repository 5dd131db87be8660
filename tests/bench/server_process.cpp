#include "server_process.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

namespace bench {
namespace {

namespace fs = std::filesystem;

struct Child {
    pid_t pid = -1;
    int output = -1;
};

Child spawn(const fs::path& binary, const std::vector<std::string>& arguments) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    std::vector<std::string> words{binary.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = fork();
    if (pid < 0) throw std::runtime_error("cannot start another process");
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execv(argv[0], argv.data());
        _exit(127);
    }
    close(ends[1]);
    return {pid, ends[0]};
}

std::string readAll(int fd) {
    std::string out;
    char buffer[4096];
    for (ssize_t size = 0; (size = read(fd, buffer, sizeof buffer)) > 0;)
        out.append(buffer, static_cast<std::size_t>(size));
    return out;
}

std::string readLine(int fd) {
    std::string out;
    for (char c = 0; read(fd, &c, 1) == 1 && c != '\n';) out += c;
    return out;
}

}  // namespace

ServerProcess::ServerProcess(const fs::path& binary, const fs::path& folder) : m_folder(folder) {
    if (!fs::exists(binary))
        throw std::runtime_error("there is no server at " + binary.string() +
                                 "; name it with --server");
    Child init = spawn(binary, {"--json", "init", "--data", folder.string()});
    std::string said = readAll(init.output);
    close(init.output);
    waitpid(init.pid, nullptr, 0);
    auto document = nlohmann::json::parse(said, nullptr, false);
    if (!document.is_object() || !document.contains("bootstrap_token"))
        throw std::runtime_error("the server's init said: " + said);
    m_token = document["bootstrap_token"];
    Child run = spawn(binary, {"run", "--data", folder.string(), "--listen", "127.0.0.1:0"});
    m_pid = run.pid;
    std::string ready = readLine(run.output);
    close(run.output);
    std::size_t colon = ready.rfind(':');
    if (!ready.starts_with("ready ") || colon == std::string::npos)
        throw std::runtime_error("the server said: " + ready);
    m_port = static_cast<std::uint16_t>(std::stoi(ready.substr(colon + 1)));
}

ServerProcess::~ServerProcess() {
    if (m_pid <= 0) return;
    kill(m_pid, SIGTERM);
    waitpid(m_pid, nullptr, 0);
}

/// The scheduler's own counters, in nanoseconds; the usual ones count in hundredths of a second.
double ServerProcess::cpuSeconds() const {
    double sum = 0;
    std::error_code ignored;
    for (const auto& task :
         fs::directory_iterator("/proc/" + std::to_string(m_pid) + "/task", ignored)) {
        std::ifstream file(task.path() / "schedstat");
        double nanoseconds = 0;
        if (file >> nanoseconds) sum += nanoseconds * 1e-9;
    }
    return sum;
}

std::uint64_t ServerProcess::diskBytes() const {
    return diskBytesOf(m_folder / "store" / "data.mdb");
}

std::uint64_t diskBytesOf(const fs::path& file) {
    struct stat status {};
    if (stat(file.c_str(), &status) != 0) return 0;
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

}  // namespace bench
