#!/bin/sh
# Prints the mirror that this machine's apt has most of its packages from.
apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
    grep -v security | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}'
