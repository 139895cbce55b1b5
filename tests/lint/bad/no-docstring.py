#!/usr/bin/env python3 expect:spdx expect:purpose expect:shebang
print()
