// Writes the golden vectors into the folder that is named: golden_make tests/golden

#include <fstream>
#include <iostream>
#include "vectors.h"

int main(int argc, char** argv) {
    if (argc != 2 || !crypto::initialise()) {
        std::cerr << "Usage: golden_make <folder>\n";
        return 2;
    }
    for (const golden::File& file : golden::makeAll()) {
        std::string path = std::string(argv[1]) + "/" + file.name;
        std::ofstream out(path, std::ios::binary);
        out << golden::textOf(file.content);
        if (!out.flush()) {
            std::cerr << "Cannot write " << path << "\n";
            return 1;
        }
    }
    return 0;
}
