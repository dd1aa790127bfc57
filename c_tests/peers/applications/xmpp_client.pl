# A client of XMPP by Net::XMPP, which logs in by Authen::SASL.
#
#   xmpp_client.pl PORT USER@DOMAIN PASSWORD
#
# It writes OK once it is logged in and has a resource, else FAIL.
use strict;
use warnings;
use Net::XMPP;

my ($port, $id, $password) = @ARGV;
my ($user, $domain) = split /@/, $id;
my $client = Net::XMPP::Client->new();
my @result;
if ($client->Connect(hostname => '127.0.0.1', port => $port, componentname => $domain, tls => 0)) {
    @result = eval { $client->AuthSend(username => $user, password => $password, resource => 'x') };
}
print @result && $result[0] eq 'ok' ? "OK\n" : "FAIL\n";
$client->Disconnect();
