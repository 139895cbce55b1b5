/* expect:spdx expect:purpose */
int bad; // expect:none
